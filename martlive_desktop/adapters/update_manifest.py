"""What a release says of its files, read as if an enemy had written it: a signature tells who wrote it, not that it is right."""

from __future__ import annotations

import json
import platform
import re
import sys
import unicodedata
from dataclasses import asdict, dataclass
from typing import Any, NoReturn

from martlive_desktop.adapters.versions import parse_version
from martlive_desktop.core.errors import UpdateRefused

MOST_MANIFEST_BYTES = 16 * 1024 * 1024
MOST_FILES = 20_000
MOST_BYTES = 8 * 1024**3
"""Of a release in all: today's has 0.6 GB in 3,000 files."""
MOST_PATH = 240
"""Characters: Windows allows 260 with the folder before it."""
MOST_NOTES = 200
MOST_HOPS = 16
"""Links that lead to links; a framework of macOS has two."""
MODES = (0o644, 0o755)
"""Nothing that others may write, nothing that runs as somebody else."""

# Windows reads these names as devices, and more characters than these as something else.
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
_FORBIDDEN = frozenset('<>:"|?*\\')
_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class ReleaseFile:
    """One file of a program's tree, and how it is fetched."""

    path: str
    """Within the tree, with slashes."""
    mode: int = 0o644
    bytes: int = 0
    sha256: str = ""
    packed_bytes: int = 0
    packed_sha256: str = ""
    link: str = ""
    """Where it leads, from the folder it is in, if it is a symbolic link; it has no bytes then."""


@dataclass(frozen=True, slots=True)
class Release:
    """A version for one platform; `files` lie within its tree, and no two are the same on any system."""

    platform: str
    version: str
    files: tuple[ReleaseFile, ...]


@dataclass(frozen=True, slots=True)
class Latest:
    """The newest version for a platform."""

    version: str
    least: str
    """Older ones must not run any more."""
    notes: str
    """One line: what is new."""


def this_platform() -> str:
    """The platform for which this program is built, as `linux-x86_64`."""
    system = {"win32": "windows", "darwin": "macos"}.get(sys.platform, sys.platform)
    return f"{system}-{platform.machine().lower()}"


def latest_name(platform_name: str) -> str:
    """The target that names the newest version."""
    return f"latest/{platform_name}.json"


def release_name(platform_name: str, version: str) -> str:
    """The target that lists the files of `version`."""
    return f"releases/{platform_name}/{version}.json"


def blob_name(sha256: str) -> str:
    """Where the compressed bytes of a file lie, from the repository's address on."""
    return f"blobs/{sha256[:2]}/{sha256}.xz"


def write_latest(latest: Latest) -> bytes:
    return json.dumps(asdict(latest), indent=1).encode()


def write_release(release: Release) -> bytes:
    return json.dumps(asdict(release), indent=1).encode()


def read_latest(raw: bytes) -> Latest:
    """Read what `write_latest` wrote.

    Raises:
        UpdateRefused: it cannot be.
    """
    words = _object(raw)
    latest = Latest(_text(words, "version"), _text(words, "least"), _text(words, "notes"))
    if parse_version(latest.version) is None or parse_version(latest.least) is None:
        _refuse(f"version {latest.version[:40]!r}")
    if len(latest.notes) > MOST_NOTES or not latest.notes.isprintable():
        _refuse("its notes")
    return latest


def read_release(raw: bytes, platform_name: str, version: str) -> Release:
    """Read what `write_release` wrote, of the release that was asked for.

    Raises:
        UpdateRefused: it is another one, or its files could lie or lead outside of its tree.
    """
    words = _object(raw)
    if (words.get("platform"), words.get("version")) != (platform_name, version):
        _refuse("another release")
    listed = words.get("files")
    if not isinstance(listed, list) or not 0 < len(listed) <= MOST_FILES:
        _refuse("the number of its files")
    files = tuple(map(_file, listed))
    if sum(file.bytes for file in files) > MOST_BYTES or sum(file.packed_bytes for file in files) > MOST_BYTES:
        _refuse("its size")
    _check_names(files)
    _check_links(files)
    return Release(platform_name, version, files)


def _file(words: object) -> ReleaseFile:
    if not isinstance(words, dict):
        _refuse("a file without a name")
    path, link, mode = _text(words, "path"), _text(words, "link"), words.get("mode")
    if not _is_safe_path(path):
        _refuse(f"the file {path[:80]!r}")
    if link:
        return ReleaseFile(path, link=link)
    sizes = (words.get("bytes"), words.get("packed_bytes"))
    digests = (_text(words, "sha256"), _text(words, "packed_sha256"))
    if mode not in MODES or not all(type(size) is int and 0 <= size <= MOST_BYTES for size in sizes):
        _refuse(f"the mode or size of {path[:80]!r}")
    if not all(_DIGEST.fullmatch(digest) for digest in digests):
        _refuse(f"the digest of {path[:80]!r}")
    return ReleaseFile(path, int(mode), int(words["bytes"]), digests[0], int(words["packed_bytes"]), digests[1])


def _is_safe_path(path: str) -> bool:
    """Whether it lies within the tree and means the same on every system."""
    if not path.isprintable() or len(path) > MOST_PATH or _FORBIDDEN & set(path):
        return False
    return all(
        part not in ("", ".", "..") and part[-1] not in ". " and not _RESERVED.fullmatch(part)
        for part in path.split("/")
    )


def _check_names(files: tuple[ReleaseFile, ...]) -> None:
    names = {_folded(file.path) for file in files}
    if len(names) != len(files):
        _refuse("two files of one name")
    for file in files:
        folder = _folded(file.path)
        while folder := folder.rpartition("/")[0]:
            if folder in names:
                _refuse(f"the file {file.path!r} within a file")


def _check_links(files: tuple[ReleaseFile, ...]) -> None:
    """Follow each link as the system would: it must come to something within the tree."""
    links = {file.path: file.link for file in files if file.link}
    known = {file.path for file in files}
    known |= {
        "/".join(parts[:end]) for file in files for parts in [file.path.split("/")] for end in range(1, len(parts))
    }
    for path in links:
        if not _leads_within(path, links, known):
            _refuse(f"the link {path!r}")


def _leads_within(path: str, links: dict[str, str], known: set[str]) -> bool:
    ahead, at, hops = path.split("/"), list[str](), 0
    while ahead:
        part = ahead.pop(0)
        if part == "..":
            if not at:
                return False
            at.pop()
            continue
        at.append(part)
        here = "/".join(at)
        if here in links:
            hops += 1
            target = links[here]
            if hops > MOST_HOPS or not _is_safe_link(target):
                return False
            ahead = target.split("/") + ahead
            at.pop()
        elif here not in known:
            return False
    return bool(at)


def _is_safe_link(target: str) -> bool:
    kept = [part for part in target.split("/") if part != ".."]
    return not kept or _is_safe_path("/".join(kept))


def _folded(path: str) -> str:
    """The same for two names that Windows or macOS takes for one."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())


def _object(raw: bytes) -> dict[str, Any]:
    try:
        words = json.loads(raw)
    except (ValueError, RecursionError):
        words = None
    if not isinstance(words, dict):
        _refuse("no description")
    return words


def _text(words: dict[str, Any], key: str) -> str:
    text = words.get(key)
    if not isinstance(text, str):
        _refuse(f"no {key}")
    return text


def _refuse(what: str) -> NoReturn:
    raise UpdateRefused(
        f"This update describes itself wrongly ({what}), so nothing was changed; wait for the next one, "
        "or install MartLive by hand."
    )
