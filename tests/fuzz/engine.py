"""Makes inputs, watches what they do, and keeps those that reach something new."""

from __future__ import annotations

import json
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import psutil

from tests.fuzz.targets import MOST_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from random import Random
    from types import FrameType

    Call = Callable[[bytes], None]

HANG_S = 2.0
"""Of a processor's time, so that a busy computer makes no hang of a slow one."""

WARM = 2_000
"""Inputs after which everything is loaded that ever will be."""

MOST_GROWTH_BYTES = 256 * 1024**2
"""From there on; caches of a library stay below."""

NASTY: tuple[Any, ...] = (
    None, True, False, 0, -1, 1.5, 10**9, 2**31, 2**63, 2**64, 10**400, float("nan"), float("inf"), -float("inf"), "",
    "a", "\ud800", "\0", "\u202e", "{price}", "../..", "a" * 400, [], [[]], {}, [None], {"a": 1}, "0", "1e999", "9" * 30,
)  # fmt: skip
TOKENS = (
    b"[" * 1_500, b'{"a":' * 1_200, b"9" * 400, b"1e999", b"-1", b"null", b"NaN", b"\xff", b"\xef\xbb\xbf", b"\0", b"\r\n",
    b"\n", b'"', b"'", b",", b";", b"|", b"\t", b"[[", b"]]", b"=", b"{}", b"\xed\xa0\x80", b"\xe2\x80\xae", b"\xc2\x85",
    b"1979-05-27", b"0x7fffffffffffffff", b"\x1b", b'"""', b"@TOKEN@", b"@HOST@", b"@ID@", b"\\ud800", b"..", b"/", b"%s",
)  # fmt: skip


class Hang(Exception):
    """An input takes a processor too long."""


class Growth(Exception):
    """Memory grows from input to input."""


class Watch:
    """Runs `call`; raises what it raises, `Hang` and `Growth`."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._process = psutil.Process()
        self._warm_bytes = 0
        self.executions = 0
        self.slowest_s = 0.0
        self.grown_bytes = 0

    def run(self, data: bytes) -> None:
        begin_s = time.process_time()
        self._call(data)
        took_s = time.process_time() - begin_s
        self.slowest_s = max(self.slowest_s, took_s)
        if took_s > HANG_S:
            raise Hang(f"{took_s:.1f} s for {len(data)} bytes")
        self.executions += 1
        if self.executions % WARM == 0:
            now_bytes = self._process.memory_info().rss
            self._warm_bytes = self._warm_bytes or now_bytes
            self.grown_bytes = now_bytes - self._warm_bytes
            if self.grown_bytes > MOST_GROWTH_BYTES:
                raise Growth(f"{self.grown_bytes / 1e6:.0f} MB over {self.executions} inputs")


def mutated(data: bytes, other: bytes, random: Random) -> bytes:
    """`data` with some changes; where a line is JSON, often one that leaves it so."""
    for _ in range(random.choice((1, 1, 1, 2, 3, 6))):
        data = _mutated_json(data, random) if random.random() < 0.5 else _mutated_bytes(data, other, random)
    return data[:MOST_BYTES]


def _mutated_bytes(data: bytes, other: bytes, random: Random) -> bytes:
    at = random.randrange(len(data) + 1)
    end = min(len(data), at + random.choice((0, 1, 1, 2, 4, 8, 16, 64, 512)))
    match random.randrange(6):
        case 0:
            return data[:at] + random.randbytes(end - at) + data[end:]
        case 1:
            return data[:at] + data[end:]
        case 2:
            return data[:at] + data[at:end] * random.choice((2, 3, 20)) + data[end:]
        case 3:
            return data[:at] + random.choice(TOKENS) + data[end:]
        case 4:
            from_ = random.randrange(len(other) + 1)
            return data[:at] + other[from_ : from_ + random.choice((1, 8, 64, 4_096))] + data[end:]
    return data[:at] + bytes((byte ^ 1 << random.randrange(8)) for byte in data[at : at + 1]) + data[at + 1 :]


def _mutated_json(data: bytes, random: Random) -> bytes:
    """One value in one line of `data` becomes another, where that line is JSON; or the line comes twice, or goes."""
    lines = data.split(b"\n")
    at = random.randrange(len(lines))
    whole = [data] if random.random() < 0.3 else []
    for place, text in ((None, one) for one in whole) if whole else ((at, lines[at]),):
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            return data
        holes = list(_holes(value))
        if not holes:
            changed = random.choice(NASTY)
        else:
            changed = value
            box, key = random.choice(holes)
            if random.random() < 0.15:
                del box[key]
            else:
                twin, its = random.choice(holes)
                box[key] = twin.get(its) if isinstance(twin, dict) and random.random() < 0.3 else random.choice(NASTY)
        try:
            written = json.dumps(changed).encode()
        except (ValueError, RecursionError):
            return data
        if place is None:
            return written
        lines[place] = written
        if random.random() < 0.1:
            lines.insert(place, lines[random.randrange(len(lines))])
    return b"\n".join(lines)


def _holes(value: object) -> Iterator[tuple[Any, Any]]:
    """Every place in `value` where another one may stand: what holds it, and the key or index there."""
    waiting = [value]
    while waiting:
        box = waiting.pop()
        items: Iterable[tuple[Any, Any]] = ()
        if isinstance(box, dict):
            items = box.items()
        elif isinstance(box, list):
            items = enumerate(box)
        for key, inner in items:
            yield box, key
            waiting.append(inner)


def covered(call: Call, data: bytes) -> frozenset[tuple[str, int, int]]:
    """The steps from line to line of the program that `data` takes, in every thread; what it raises is passed over."""
    steps: set[tuple[str, int, int]] = set()

    def enter(frame: FrameType, _event: str, _argument: object) -> Callable[..., Any] | None:
        name = frame.f_code.co_filename
        if "martlive_desktop" not in name:
            return None
        before = 0

        def step(frame: FrameType, event: str, _argument: object) -> Callable[..., Any]:
            nonlocal before
            if event == "line":
                steps.add((name, before, frame.f_lineno))
                before = frame.f_lineno
            return step

        return step

    earlier = sys.gettrace()
    in_threads = threading.gettrace()
    threading.settrace(enter)
    sys.settrace(enter)
    try:
        call(data)
    except Exception:  # noqa: BLE001 - what is wrong with it is not asked here
        pass
    finally:
        sys.settrace(earlier)
        threading.settrace(in_threads)
    return frozenset(steps)


def worth_keeping(call: Call, candidates: Iterable[bytes]) -> list[bytes]:
    """Of `candidates` the smallest that together reach what all of them do."""
    reached: set[tuple[str, int, int]] = set()
    kept = []
    for data in sorted(set(candidates), key=lambda one: (len(one), one)):
        if not (new := covered(call, data)) <= reached:
            reached |= new
            kept.append(data)
    return kept


def fuzz(watch: Watch, call: Call, corpus: Sequence[bytes], seconds: float, random: Random) -> list[bytes]:
    """Run mutations of `corpus` for so long; gives those that reach something new.

    Raises:
        Exception: what an input raises; `data` of its note is the input.
    """
    pool, found = list(corpus) or [b""], list[bytes]()
    reached: set[tuple[str, int, int]] = set()
    for data in pool:
        reached |= covered(call, data)
    end_s = time.monotonic() + seconds
    while time.monotonic() < end_s:
        data = mutated(random.choice(pool), random.choice(pool), random)
        try:
            watch.run(data)
        except Exception as exc:
            exc.add_note(f"data: {data!r}")
            raise
        # Looking where it went takes ten times as long as going there.
        if random.random() < 0.1 and not (new := covered(call, data)) <= reached:
            reached |= new
            pool.append(data)
            found.append(data)
    return found
