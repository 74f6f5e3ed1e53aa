"""Which other computers a program and all that it starts talk to, as the kernel sees it: strace's record, read."""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

STRACE = ("strace", "-f", "-qq", "--seccomp-bpf", "-e", "trace=network,io_uring_setup", "-s", "0", "-o")
"""Before the record's path and the program; io_uring would be a way past the calls that are recorded."""

OURS = frozenset({"AF_UNIX", "AF_INET", "AF_INET6", "AF_NETLINK"})
"""Families of sockets that the checks below understand. Netlink is a talk with the kernel of this computer."""

LOCAL = frozenset({"AF_UNIX", "AF_NETLINK", "AF_UNSPEC"})
NAME_PORTS = frozenset({53, 853, 5353, 5355})
"""DNS, DNS over TLS, mDNS and LLMNR: a resolver of this computer would ask others."""

_CALL = re.compile(r"^\d+\s+(?P<name>\w+)\((?P<rest>.*)$")
_FAMILY = re.compile(r"sa_family=(\w+)")
_ADDRESS = re.compile(r'inet_addr\("([^"]+)"\)|inet_pton\(AF_INET6, "([^"]+)"')
_PORT = re.compile(r"htons\((\d+)\)")
_OUTGOING = frozenset({"connect", "bind", "sendto", "sendmsg", "sendmmsg"})
_INCOMING = frozenset({"accept", "accept4"})


class Seen(NamedTuple):
    """What a record tells."""

    calls: int
    """Of those that name a place: `connect`, `bind`, `accept` and what sends."""
    loopback: int
    """Lines with an address of the Internet's kind; where `outside` is empty, all of them are loopback."""
    outside: tuple[str, ...]
    """Lines that could leave this computer, or that nobody here understands."""


def read_trace(path: Path) -> Seen:
    """What the record at `path` tells."""
    calls = loopback = 0
    outside = []
    for line in path.read_text(errors="replace").splitlines():
        call = _CALL.match(line)
        if call is None:
            # The end of a call whose beginning, with the address, stands above; signals; exits.
            if "resumed>" in line:
                loopback += bool(_ADDRESS.search(line))
                if _strange(line):
                    outside.append(line)
            continue
        name, rest = call["name"], call["rest"]
        if name == "io_uring_setup" or (name == "socket" and rest.split(",")[0] not in OURS):
            outside.append(line)
        elif name in _OUTGOING | _INCOMING:
            calls += 1
            loopback += bool(_ADDRESS.search(rest))
            if _strange(rest):
                outside.append(line)
    return Seen(calls, loopback, tuple(outside))


def _strange(rest: str) -> bool:
    """Whether a place in `rest` is not this computer's own."""
    families = _FAMILY.findall(rest)
    addresses = [one or other for one, other in _ADDRESS.findall(rest)]
    # Each address stands for a family that is not local: one that is told in another way is not understood.
    return (
        len([family for family in families if family not in LOCAL]) != len(addresses)
        or not all(map(_is_loopback, addresses))
        or any(int(port) in NAME_PORTS for port in _PORT.findall(rest))
    )


def _is_loopback(address: str) -> bool:
    found = ipaddress.ip_address(address)
    mapped = getattr(found, "ipv4_mapped", None)
    return (mapped or found).is_loopback


def families(path: Path) -> Iterator[str]:
    """The family of each socket in the record at `path`."""
    for line in path.read_text(errors="replace").splitlines():
        call = _CALL.match(line)
        if call and call["name"] == "socket":
            yield call["rest"].split(",")[0]
