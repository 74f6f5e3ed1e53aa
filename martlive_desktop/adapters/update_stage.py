"""Builds a version's tree beside the running one: unchanged files are linked or copied, the others fetched and unpacked."""

from __future__ import annotations

import errno
import hashlib
import lzma
import os
import shutil
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from martlive_desktop.adapters.download import RESERVE_BYTES, Wanted, fetch_all
from martlive_desktop.adapters.versions import sync_folder
from martlive_desktop.core.errors import MartLiveError, UpdateRefused, UpdateUnavailable

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    import httpx

    from martlive_desktop.adapters.download import Progress
    from martlive_desktop.adapters.update_manifest import Release, ReleaseFile

BLOCK_BYTES = 256 * 1024
AT_ONCE = 24
"""Files that are asked for together: each is a thread that waits for its turn."""
UNPACK_MEMORY_BYTES = 128 * 1024 * 1024
"""What a blob may ask for; xz's strongest preset needs 65 MiB."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What of a release is here already, and what must come."""

    staged: tuple[ReleaseFile, ...]
    """In the tree that is being built."""
    kept: tuple[ReleaseFile, ...]
    """The same in the running program."""
    missing: tuple[ReleaseFile, ...]

    @property
    def fetch_bytes(self) -> int:
        """How much is to be fetched, compressed; what arrived before a break still counts."""
        return sum({file.sha256: file.packed_bytes for file in self.missing}.values())


class Stage:
    """One release on its way into `folder`; what is there stays for the next try, and nothing starts from it."""

    def __init__(self, release: Release, folder: Path, running: Path, *, may_link: bool) -> None:
        """`may_link`: nobody changes the files of `running` in place, as an installer may do with its own."""
        self._release = release
        self._folder = folder
        self._tree = folder / "tree"
        self._arriving = folder / "arriving"
        self._running = running
        self._may_link = may_link

    def plan(self) -> Plan:
        """Look at every byte that is here."""
        staged, kept, missing = [], [], []
        for file in self._release.files:
            if file.link:
                continue
            if _is_right(self._tree / file.path, file) and _has_mode(self._tree / file.path, file):
                staged.append(file)
            elif _is_right(self._running / file.path, file):
                kept.append(file)
            else:
                missing.append(file)
        return Plan(tuple(staged), tuple(kept), tuple(missing))

    def build(
        self,
        plan: Plan,
        blob_url: Callable[[str], str],
        progress: Progress,
        *,
        client: httpx.Client,
        stop: threading.Event,
    ) -> Path:
        """Complete the tree and give its folder, unless `stop` is set; its bytes are then on the disk.

        Raises:
            MartLiveError: the disk has no room, a file does not come, or its bytes are wrong.
        """
        with _disk_trouble(self._folder):
            self._tree.mkdir(parents=True, exist_ok=True)
            self._drop_strangers()
            self._need_space(plan)
            for file in plan.kept:
                _check_stop(stop)
                self._keep(file)
            self._fetch(plan, blob_url, progress, client, stop)
            _check_stop(stop)
            for file in self._release.files:
                if file.link:
                    self._path(file.path).symlink_to(file.link)
            for folder in {path.parent for path in self._tree.rglob("*")}:
                sync_folder(folder)
        return self._tree

    def remove(self) -> None:
        """Take it away."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _path(self, relative: str) -> Path:
        path = self._tree / relative
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def _drop_strangers(self) -> None:
        """Nothing lies in the tree but files of the release: an earlier try may have been for another one."""
        known = {self._tree / file.path for file in self._release.files if not file.link}
        for path in list(self._tree.rglob("*")):
            if path.is_dir() and not path.is_symlink():
                if path in known:
                    shutil.rmtree(path)
            elif path not in known:
                path.unlink(missing_ok=True)

    def _need_space(self, plan: Plan) -> None:
        copied = () if self._can_link(plan) else plan.kept
        needed = plan.fetch_bytes + sum(file.bytes for file in (*plan.missing, *copied))
        if shutil.disk_usage(self._folder).free < needed + RESERVE_BYTES:
            raise _no_space(self._folder, needed + RESERVE_BYTES)

    def _can_link(self, plan: Plan) -> bool:
        """Whether the running program's files can be in the new tree without taking room."""
        if not (self._may_link and plan.kept):
            return not plan.kept
        probe = self._folder / "probe"
        probe.unlink(missing_ok=True)
        try:
            probe.hardlink_to(self._running / plan.kept[0].path)
        except OSError:
            return False
        probe.unlink()
        return True

    def _keep(self, file: ReleaseFile) -> None:
        source, target = self._running / file.path, self._path(file.path)
        target.unlink(missing_ok=True)
        if self._may_link and _has_mode(source, file):
            try:
                target.hardlink_to(source)
            except OSError:
                # Not every file system has links.
                self._copy(source, target, file)
            return
        self._copy(source, target, file)

    def _copy(self, source: Path, target: Path, file: ReleaseFile) -> None:
        with source.open("rb") as bytes_:
            self._write(iter(lambda: bytes_.read(BLOCK_BYTES), b""), target, file)

    def _fetch(
        self,
        plan: Plan,
        blob_url: Callable[[str], str],
        progress: Progress,
        client: httpx.Client,
        stop: threading.Event,
    ) -> None:
        groups: dict[str, list[ReleaseFile]] = {}
        for file in plan.missing:
            groups.setdefault(file.sha256, []).append(file)
        done, digests = 0, list(groups)
        for start in range(0, len(digests), AT_ONCE):
            batch = [groups[digest][0] for digest in digests[start : start + AT_ONCE]]
            before = done
            fetch_all(
                [self._wanted(file, blob_url) for file in batch],
                lambda arrived, _all, before=before: progress(before + arrived, plan.fetch_bytes),  # type: ignore[misc]
                client=client,
                stop=stop,
            )
            for first in batch:
                for file in groups[first.sha256]:
                    self._unpack(file)
                (self._arriving / first.sha256).unlink()
            done += sum(file.packed_bytes for file in batch)
        shutil.rmtree(self._arriving, ignore_errors=True)

    def _wanted(self, file: ReleaseFile, blob_url: Callable[[str], str]) -> Wanted:
        return Wanted(
            (blob_url(file.sha256),),
            self._arriving / file.sha256,
            file.packed_bytes,
            file.packed_sha256,
            f"MartLive {self._release.version}",
        )

    def _unpack(self, file: ReleaseFile) -> None:
        with (self._arriving / file.sha256).open("rb") as packed:
            self._write(_unpacked(packed), self._path(file.path), file)

    def _write(self, blocks: Iterable[bytes], target: Path, file: ReleaseFile) -> None:
        """Write `blocks` under the file's name, if they are the file."""
        part = self._folder / "part"
        digest, count = hashlib.sha256(), 0
        with part.open("wb") as bytes_:
            for block in blocks:
                count += len(block)
                if count > file.bytes:
                    break
                digest.update(block)
                bytes_.write(block)
            bytes_.flush()
            os.fsync(bytes_.fileno())
        if count != file.bytes or digest.hexdigest() != file.sha256:
            part.unlink()
            raise UpdateRefused(
                f"A file of MartLive {self._release.version} is not what was signed ({file.path}), so nothing was "
                "changed; try again later."
            )
        part.chmod(file.mode)
        part.replace(target)


def _unpacked(packed: IO[bytes]) -> Iterator[bytes]:
    """The bytes of an .xz file; what is none ends early, and its digest tells."""
    reader = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=UNPACK_MEMORY_BYTES)
    try:
        while not reader.eof:
            more = packed.read(BLOCK_BYTES) if reader.needs_input else b""
            block = reader.decompress(more, BLOCK_BYTES)
            if not block and not more and reader.needs_input:
                return
            yield block
    except lzma.LZMAError:
        return


def _is_right(path: Path, file: ReleaseFile) -> bool:
    try:
        if path.is_symlink() or path.stat().st_size != file.bytes:
            return False
        with path.open("rb") as source:
            return hashlib.file_digest(source, "sha256").hexdigest() == file.sha256
    except OSError:
        return False


def _check_stop(stop: threading.Event) -> None:
    if stop.is_set():
        raise UpdateUnavailable("The update was stopped; it goes on where it was when you fetch it again.")


def _has_mode(path: Path, file: ReleaseFile) -> bool:
    return sys.platform == "win32" or path.stat().st_mode & 0o7777 == file.mode


@contextmanager
def _disk_trouble(folder: Path) -> Iterator[None]:
    """The trouble of writing becomes one sentence; what is there stays."""
    try:
        yield
    except OSError as exc:
        if exc.errno == errno.ENOSPC:
            raise _no_space(folder, RESERVE_BYTES) from exc
        raise MartLiveError(
            f"MartLive cannot change {exc.filename or folder}: close other programs that use it and allow writing."
        ) from exc


def _no_space(folder: Path, needed: int) -> MartLiveError:
    return MartLiveError(f"The disk has no room for the update: free {needed / 1e6:.0f} MB for {folder} and try again.")
