"""The components of this computer, which are libraries for graphics cards: fetched, unpacked, checked and removed."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import sysconfig
import threading
import tomllib
import zipfile
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from martlive_desktop.adapters.resource_files import resource_path
from martlive_desktop.core.errors import (
    ComponentDamaged,
    ComponentMissing,
    DownloadInterrupted,
    MartLiveError,
    UsageError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    Progress: TypeAlias = Callable[[int, int], None]
    """Called with (bytes done, bytes in all), of fetching and unpacking together."""

RESERVE_BYTES = 64 * 1024 * 1024
"""Left free on the disk, so that a component never stops a session from being written."""

BLOCK_BYTES = 1024 * 1024
LIBRARIES = "lib"
"""The folder of a component with what a process loads."""

STATE = "component.json"
"""In a component's folder: the archives that it was made of, and every file with its bytes and SHA-256."""

Engine: TypeAlias = Literal["speech", "writing"]
Need: TypeAlias = Literal["nvidia", "vulkan"]
Where: TypeAlias = Literal["installed", "missing", "damaged", "outdated"]
"""`outdated` was made for another version of MartLive, and is not used."""


@dataclass(frozen=True, slots=True)
class Archive:
    """One file to fetch."""

    file: str
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Component:
    """What an engine needs for a graphics card, on one kind of computer."""

    name: str
    engine: Engine
    platform: str
    version: str
    needs: Need
    licence: str
    licence_url: str
    archives: tuple[Archive, ...]
    unpack: Mapping[str, str]
    """For members of an archive, by pattern, the folder that they go to."""
    unpacked_bytes: int

    @property
    def fetched_bytes(self) -> int:
        """Bytes of its archives."""
        return sum(archive.bytes for archive in self.archives)


@dataclass(frozen=True, slots=True)
class ComponentState:
    """A component of the catalogue, and how things stand with it here."""

    component: Component
    where: Where


@dataclass(frozen=True, slots=True)
class Source:
    """Where archives come from."""

    mirror: str = ""
    """Address of a folder that has `components`; empty: the one of the catalogue."""
    proxy: str = ""
    offline_folder: str = ""
    """A folder of this computer that has `components`; what is there is not fetched."""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What there is, and where."""

    url: str
    components: tuple[Component, ...]


def read_catalogue(path: Path) -> Catalogue:
    """The catalogue at `path`, for all kinds of computers.

    Raises:
        MartLiveError: it is damaged.
    """
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
        return Catalogue(raw["url"], tuple(_component(one) for one in raw.get("components", ())))
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as exc:
        raise MartLiveError(f"{path} is damaged; install MartLive again.") from exc


class ComponentStore:
    """Components in one folder; each is there whole or not at all, and made of exactly the bytes that the catalogue names.

    Any number of processes may share the folder.
    """

    def __init__(self, folder: Path, catalogue: Path | None = None, *, platform: str = "") -> None:
        found = read_catalogue(catalogue or resource_path("components.toml"))
        here = platform or sysconfig.get_platform()
        self._folder = folder
        self._url = found.url
        self._components = {one.name: one for one in found.components if one.platform == here}

    def list(self) -> list[ComponentState]:
        """All components for this kind of computer; files are looked at, not read."""
        return [ComponentState(one, self._where(one)) for one in self._components.values()]

    def state(self, name: str) -> ComponentState:
        """One of them.

        Raises:
            UsageError: there is no component of this name.
        """
        component = self._component(name)
        return ComponentState(component, self._where(component))

    def libraries(self, engine: Engine) -> Path | None:
        """The folder with the libraries that `engine` is to use; None: there is none of this version."""
        for one in self._components.values():
            if one.engine == engine and self._where(one) == "installed":
                return self._own(one.name) / LIBRARIES
        return None

    def fetch(self, name: str, source: Source, progress: Progress, *, stop: threading.Event | None = None) -> Path:
        """Bring a component to this computer; one that is there is left as it is.

        Raises:
            UsageError: there is no component of this name.
            ComponentMissing: there is no place to fetch it from.
            ComponentDamaged: an archive is not what it must be.
            DownloadInterrupted: the connection was lost or `stop` was set; what arrived is kept for the next try.
            DownloadDamaged: the server sends other bytes.
            MartLiveError: the disk is full, the folder cannot be written, or another program changes it.
        """
        component = self._component(name)
        with self._lock(name):
            if self._where(component) == "installed":
                progress(1, 1)
                return self._own(name)
            ending = stop or threading.Event()
            in_all = component.fetched_bytes + component.unpacked_bytes
            self._clear(self._unpacking(name), self._removing(name))
            self._need_space(component)
            archives = self._archives(component, source, lambda done: progress(done, in_all), ending)
            self._unpack(component, archives, lambda done: progress(component.fetched_bytes + done, in_all), ending)
            self._publish(name)
            progress(in_all, in_all)
            return self._own(name)

    def verify(self, name: str) -> None:
        """Read every byte of a component again.

        Raises:
            UsageError: there is no component of this name.
            ComponentMissing: it is not on this computer.
            ComponentDamaged: a file is not what it must be.
        """
        component = self._component(name)
        where = self._where(component)
        if where == "missing":
            raise ComponentMissing(
                f"The component {name} is not on this computer; run `martlive components fetch {name}`.", name=name
            )
        if where != "installed":
            raise _damaged(name, STATE)
        for file, (_, sha256) in _read_state(self._own(name))["files"].items():
            if not _has_digest(self._own(name) / file, sha256):
                # No longer used, and fetched anew when the user asks for it: its length alone would not tell.
                (self._own(name) / STATE).unlink(missing_ok=True)
                raise _damaged(name, file)

    def remove(self, name: str) -> None:
        """Delete what this computer has of a component, also what has only arrived in part.

        Raises:
            UsageError: there is no component of this name.
            ComponentMissing: there is nothing of it.
            MartLiveError: a program still uses it; it stays whole.
        """
        self._component(name)
        found = [path for path in (self._own(name), self._arriving(name), self._removing(name)) if path.exists()]
        if not found:
            raise ComponentMissing(f"This computer holds nothing of {name}; there is nothing to remove.", name=name)
        with self._lock(name):
            self._clear(self._removing(name))
            if self._own(name).exists():
                # A process that starts now finds all of it or nothing; Windows refuses while one has it loaded.
                self._own(name).replace(self._removing(name))
            self._clear(self._removing(name), self._arriving(name), self._unpacking(name))

    def _component(self, name: str) -> Component:
        component = self._components.get(name)
        if component is None:
            known = ", ".join(self._components) or "none for this kind of computer"
            raise UsageError(f"MartLive knows no component {name}; it knows {known}.")
        return component

    def _where(self, component: Component) -> Where:
        own = self._own(component.name)
        if not own.is_dir():
            return "missing"
        try:
            state = _read_state(own)
            if state["archives"] != {one.file: one.sha256 for one in component.archives}:
                return "outdated"
            is_whole = all((own / file).stat().st_size == size for file, (size, _) in state["files"].items())
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return "damaged"
        return "installed" if is_whole else "damaged"

    def _archives(
        self, component: Component, source: Source, progress: Callable[[int], None], stop: threading.Event
    ) -> Sequence[Path]:
        """The archives, checked: where the offline folder has them, or as they come from the server."""
        if found := _offline(component, source.offline_folder):
            progress(component.fetched_bytes)
            return found
        url = (source.mirror or self._url).rstrip("/")
        if not url:
            raise ComponentMissing(
                f"This MartLive has no place to fetch {component.name} from; set a mirror or an offline folder "
                "in the settings.",
                name=component.name,
            )
        from martlive_desktop.adapters.download import Wanted, fetch_all, open_client

        folder = self._arriving(component.name)
        folder.mkdir(exist_ok=True)
        wanted = [
            Wanted((f"{url}/components/{one.file}",), folder / one.file, one.bytes, one.sha256, component.name)
            for one in component.archives
        ]
        with open_client(source.proxy) as client:
            fetch_all(wanted, lambda done, _: progress(done), client=client, stop=stop)
        return [one.target for one in wanted]

    def _unpack(
        self, component: Component, archives: Sequence[Path], progress: Callable[[int], None], stop: threading.Event
    ) -> None:
        staging = self._unpacking(component.name)
        staging.mkdir()
        unpacking = _Unpacking(component, staging, progress, stop)
        for archive in archives:
            unpacking.take(archive)
        unpacking.finish()

    def _publish(self, name: str) -> None:
        """Give what was unpacked its name, at once and whole."""
        if self._own(name).exists():
            self._own(name).replace(self._removing(name))
        self._unpacking(name).replace(self._own(name))
        self._clear(self._removing(name), self._arriving(name))

    def _need_space(self, component: Component) -> None:
        arriving = self._arriving(component.name)
        arrived = sum(path.stat().st_size for path in arriving.iterdir()) if arriving.is_dir() else 0
        needed = max(component.fetched_bytes - arrived, 0) + component.unpacked_bytes
        if shutil.disk_usage(self._folder).free < needed + RESERVE_BYTES:
            raise _no_space(component.name, self._folder, needed)

    @contextmanager
    def _lock(self, name: str) -> Iterator[None]:
        """One process at a time changes a component; the trouble of writing becomes one sentence."""
        import filelock

        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with filelock.FileLock(self._folder / f"{name}.lock", timeout=0):
                yield
        except filelock.Timeout as exc:
            raise MartLiveError(
                f"Another program of MartLive is changing {name}; wait until it is done, then try again."
            ) from exc
        except OSError as exc:
            if exc.errno == errno.ENOSPC:
                raise _no_space(name, self._folder, self._components[name].unpacked_bytes) from exc
            raise MartLiveError(
                f"MartLive cannot change {exc.filename or self._folder}: close other programs that use it and allow writing."
            ) from exc

    def _clear(self, *folders: Path) -> None:
        for folder in folders:
            if folder.exists():
                shutil.rmtree(folder)

    def _own(self, name: str) -> Path:
        return self._folder / name

    def _arriving(self, name: str) -> Path:
        return self._folder / f"{name}.part"

    def _unpacking(self, name: str) -> Path:
        return self._folder / f"{name}.unpacking"

    def _removing(self, name: str) -> Path:
        return self._folder / f"{name}.removing"


class _Unpacking:
    """The members that a component wants of its archives, on their way into a folder."""

    def __init__(
        self, component: Component, folder: Path, progress: Callable[[int], None], stop: threading.Event
    ) -> None:
        self._component = component
        self._folder = folder
        self._progress = progress
        self._stop = stop
        self._done = 0
        self._files: dict[str, tuple[int, str]] = {}
        self._unmet = set(component.unpack)

    def take(self, archive: Path) -> None:
        try:
            with zipfile.ZipFile(archive) as zipped:
                for member in zipped.infolist():
                    pattern = _pattern_of(member.filename, self._component.unpack)
                    if pattern is not None and not member.is_dir():
                        self._unmet.discard(pattern)
                        self._write(zipped, member, self._component.unpack[pattern])
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as exc:
            raise _damaged(self._component.name, archive.name) from exc

    def finish(self) -> None:
        if self._unmet:
            raise _damaged(self._component.name, min(self._unmet))
        archives = {one.file: one.sha256 for one in self._component.archives}
        state = {"archives": archives, "files": self._files}
        (self._folder / STATE).write_text(json.dumps(state), encoding="utf-8")

    def _write(self, zipped: zipfile.ZipFile, member: zipfile.ZipInfo, to: str) -> None:
        file = PurePosixPath(member.filename).name
        # Only its last part is taken, which must not lead out of the folder on any system.
        if file == ".." or "\\" in file or ":" in file or f"{to}/{file}" in self._files:
            raise _damaged(self._component.name, member.filename)
        target = self._folder / to / file
        target.parent.mkdir(exist_ok=True)
        digest, size = hashlib.sha256(), 0
        with zipped.open(member) as source, target.open("wb") as sink:
            while block := source.read(BLOCK_BYTES):
                if self._stop.is_set():
                    raise DownloadInterrupted(
                        f"The download of {self._component.name} was stopped; what arrived is kept for the next try.",
                        url="",
                    )
                size += len(block)
                self._done += len(block)
                if self._done > self._component.unpacked_bytes:
                    raise _damaged(self._component.name, member.filename)
                digest.update(block)
                sink.write(block)
                self._progress(self._done)
            sink.flush()
            os.fsync(sink.fileno())
        self._files[f"{to}/{file}"] = (size, digest.hexdigest())


def _pattern_of(member: str, unpack: Mapping[str, str]) -> str | None:
    path = PurePosixPath(member)
    return next((pattern for pattern in unpack if path.match(pattern)), None)


def wanted_bytes(archive: Path, unpack: Mapping[str, str]) -> int:
    """What the members of `archive` that match `unpack` take on the disk."""
    with zipfile.ZipFile(archive) as zipped:
        return sum(one.file_size for one in zipped.infolist() if _pattern_of(one.filename, unpack) and not one.is_dir())


def _offline(component: Component, folder: str) -> list[Path]:
    """The archives as they lie in the user's own folder; empty: it has not all of them.

    Raises:
        ComponentDamaged: one has other bytes.
    """
    found = [Path(folder) / "components" / one.file for one in component.archives] if folder else []
    if not found or not all(path.is_file() for path in found):
        return []
    for path, archive in zip(found, component.archives, strict=True):
        if not _has_digest(path, archive.sha256):
            raise ComponentDamaged(
                f"The file {path} is not the one that {component.name} needs; copy it anew.",
                name=component.name,
                file=archive.file,
            )
    return found


def _component(raw: dict[str, Any]) -> Component:
    archives = tuple(Archive(**one) for one in raw["archives"])
    return Component(**(raw | {"archives": archives}))


def _read_state(folder: Path) -> dict[str, Any]:
    state: dict[str, Any] = json.loads((folder / STATE).read_text(encoding="utf-8"))
    return state


def _has_digest(path: Path, sha256: str) -> bool:
    try:
        with path.open("rb") as source:
            return hashlib.file_digest(source, "sha256").hexdigest() == sha256
    except OSError:
        return False


def _damaged(name: str, file: str) -> ComponentDamaged:
    return ComponentDamaged(
        f"The component {name} is damaged ({file}); run `martlive components fetch {name}` again.", name=name, file=file
    )


def _no_space(name: str, folder: Path, needed: int) -> MartLiveError:
    return MartLiveError(
        f"The disk has no room for {name}: free {(needed + RESERVE_BYTES) / 1e6:.0f} MB for {folder} and try again."
    )
