"""The models of this computer: found, joined, checked, downloaded and removed."""

from __future__ import annotations

import errno
import hashlib
import importlib.util
import json
import logging
import os
import shutil
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Literal
from urllib.parse import quote

from martlive_desktop.adapters.resource_files import manifest_path
from martlive_desktop.core.errors import (
    DownloadDamaged,
    DownloadInterrupted,
    MartLiveError,
    ModelDamaged,
    ModelMissing,
    UsageError,
)
from martlive_desktop.core.speech.guards import FULL_WINDOW, Window

if TYPE_CHECKING:
    import threading

HUB = "https://huggingface.co"
READ_TIMEOUT_S = 30.0
"""A server that sends nothing for so long is taken for gone."""
BLOCK_BYTES = 256 * 1024

_log = logging.getLogger(__name__)

Progress = Callable[[int, int], None]
"""Called with (bytes done, bytes in all)."""
_Marker = dict[str, list[int | str]]
"""For each path its length, its time of change (ns) and the SHA-256 of the model's file that it belongs to."""


@dataclass(frozen=True, slots=True)
class ModelState:
    """One line of the list of models."""

    name: str
    task: str
    bytes: int
    licence: str
    where: Literal["installed", "package", "missing", "damaged"]
    """In the user's folder, in a Python package, nowhere, or there with wrong bytes."""


@dataclass(frozen=True, slots=True)
class ModelSources:
    """Where models come from beside installed packages and the hub, as the user says it."""

    folders: tuple[Path, ...] = ()
    """Each holds <name of the model>/<path of the file>; asked first, in their order."""
    mirror: str = ""
    """Address of a server whose files lie as in those folders; asked before the hub."""
    proxy: str = ""
    """Empty: the system's."""


@dataclass(frozen=True, slots=True)
class _File:
    path: str
    bytes: int
    sha256: str
    parts: tuple[str, ...]
    """package/path of its pieces; empty where no package carries it."""


@dataclass(frozen=True, slots=True)
class _Build:
    repository: str
    revision: str
    files: tuple[_File, ...]

    @property
    def bytes(self) -> int:
        return sum(file.bytes for file in self.files)

    @property
    def key(self) -> str:
        """8 hex digits that tell its bytes from those of another build."""
        return hashlib.sha256("".join(file.sha256 for file in self.files).encode()).hexdigest()[:8]

    def hub_url(self, hub: str) -> str:
        """The address of the folder with its files."""
        return f"{hub}/{self.repository}/resolve/{self.revision}"


@dataclass(frozen=True, slots=True)
class _Model:
    name: str
    task: str
    licence: str
    builds: tuple[_Build, ...]
    windows: tuple[Window, Window]


@dataclass(frozen=True, slots=True)
class _Copy:
    """A build's files as they lie on this computer."""

    build: _Build
    pieces: dict[str, tuple[Path, ...]]
    """For each file of the build, what makes it when joined."""
    folder: Path | None
    """Where the files lie ready to be loaded; None: they must be joined first."""
    is_own: bool
    """In the user's folder."""

    def wrong_sizes(self) -> list[str]:
        """The files that are missing or not as long as they must be."""
        return [file.path for file in self.build.files if _length(self.pieces[file.path]) != file.bytes]

    def unknown_files(self) -> list[str]:
        """What lies in the user's folder and is none of the build's: a loader could take it for one."""
        if not self.is_own or self.folder is None:
            return []
        found = (path.relative_to(self.folder).as_posix() for path in self.folder.rglob("*") if not path.is_dir())
        return sorted(set(found) - self.pieces.keys())

    def marker(self) -> _Marker:
        """What a check that succeeded was about; it changes when a file or the manifest does."""
        return {
            str(piece): [(stat := piece.stat()).st_size, stat.st_mtime_ns, file.sha256]
            for file in self.build.files
            for piece in self.pieces[file.path]
        }


class ModelStore:
    """Models for local use; what `resolve` gives has exactly the bytes that the manifest names.

    The user's folder comes first, then installed Python packages. Any number of processes may share the folder.
    """

    def __init__(
        self,
        folder: Path,
        manifest: Path | None = None,
        *,
        sources: Callable[[], ModelSources] = ModelSources,
        read_timeout_s: float = READ_TIMEOUT_S,
    ) -> None:
        """`sources` is asked whenever a model has to come from elsewhere.

        Raises:
            MartLiveError: the manifest is damaged.
        """
        self._folder = folder
        self._sources = sources
        self._models = _read_manifest(manifest or manifest_path())
        self._read_timeout_s = read_timeout_s

    def resolve(self, name: str) -> Path:
        """The folder of a model, ready to be loaded.

        Raises:
            UsageError: there is no model of this name.
            ModelMissing: it is not on this computer.
            ModelDamaged: a file has wrong bytes.
            MartLiveError: the disk is full or the folder cannot be written.
        """
        model = self._model(name)
        copy = self._find(model)
        if copy.folder is not None:
            self._check(model, copy)
            return copy.folder
        with self._lock(name):
            # Another process may have joined it while this one waited.
            copy = self._find(model)
            return copy.folder or self._join(model, copy, _ignore)

    def windows(self, name: str) -> tuple[Window, Window]:
        """How short a speech model's windows may be, for partials and for finals.

        Raises:
            UsageError: there is no model of this name.
        """
        return self._model(name).windows

    def list(self) -> list[ModelState]:
        """All models of the manifest and where they are."""
        return [self._state(model) for model in self._models.values()]

    def verify(self, name: str) -> None:
        """Read every byte of a model again.

        Raises:
            UsageError, ModelMissing, ModelDamaged: as `resolve` does.
        """
        model = self._model(name)
        self._marker_path(name).unlink(missing_ok=True)
        self._check(model, self._find(model))

    def remove(self, name: str) -> None:
        """Delete what the user's folder holds of a model; packages stay.

        Raises:
            UsageError: there is no model of this name.
            ModelMissing: the user's folder holds nothing of it.
            MartLiveError: a program still uses it.
        """
        arriving = [self._arriving(name, build) for build in self._model(name).builds]
        found = [path for path in (self._own(name), self._joining(name), *arriving) if path.exists()]
        if not found:
            raise ModelMissing(f"Your models folder holds no {name}; there is nothing to remove.", name=name)
        with self._lock(name):
            for path in found:
                shutil.rmtree(path)
            self._marker_path(name).unlink(missing_ok=True)

    def pull(
        self,
        name: str,
        progress: Progress,
        base_url: str = HUB,
        *,
        folder: Path | None = None,
        stop: threading.Event | None = None,
    ) -> Path:
        """Bring a model to this computer: from packages, a folder, the mirror or the hub at `base_url`.

        From `folder` alone where one is named. A download can be resumed; `stop` ends it, from any thread.

        Raises:
            UsageError: there is no model of this name.
            ModelMissing: `folder` does not hold it, or no server is known to have it.
            ModelDamaged: what `folder` holds has wrong bytes.
            DownloadInterrupted: no server gave all of it, or it was stopped; what arrived is kept for the next try.
            DownloadDamaged: the servers send other bytes than the manifest names.
            MartLiveError: the disk is full or the folder cannot be written.
        """
        model = self._model(name)
        note = _stoppable(progress, name, stop)
        with self._lock(name, stop):
            if folder is not None:
                return self._from_folder(model, folder, note)
            if here := self._from_here(model, note):
                return here
            sources = self._sources()
            for one in sources.folders:
                try:
                    return self._from_folder(model, one, note)
                except (ModelMissing, ModelDamaged) as exc:
                    _log.info("a folder does not give a model", extra={"model": name, "reason": str(exc)})
            return self._download(model, _rising(progress), sources, base_url, stop)

    def _model(self, name: str) -> _Model:
        model = self._models.get(name)
        if model is None:
            raise UsageError(f"MartLive knows no model {name}; it knows {', '.join(self._models)}.")
        return model

    def _state(self, model: _Model) -> ModelState:
        copy = next(self._copies(model), None)
        where: Literal["installed", "package", "missing", "damaged"] = "missing"
        if copy is not None:
            try:
                self._check(model, copy)
                where = "installed" if copy.is_own else "package"
            except ModelDamaged:
                where = "damaged"
        size = (copy.build if copy else model.builds[0]).bytes
        return ModelState(name=model.name, task=model.task, bytes=size, licence=model.licence, where=where)

    def _find(self, model: _Model) -> _Copy:
        for copy in self._copies(model):
            return copy
        raise ModelMissing(
            f"The {model.task} model {model.name} is not on this computer; run `martlive models pull {model.name}`.",
            name=model.name,
        )

    def _copies(self, model: _Model) -> Iterator[_Copy]:
        """What is on this computer of a model, the user's own first."""
        own = self._own(model.name)
        if own.is_dir():
            yield min(
                (_own_copy(build, own) for build in model.builds), key=lambda possible: len(possible.wrong_sizes())
            )
        for build in model.builds:
            packaged = _packaged_copy(build)
            if packaged is not None:
                yield packaged

    def _check(self, model: _Model, copy: _Copy) -> None:
        """Hash the files, unless they are those of the last check."""
        if wrong := [*copy.wrong_sizes(), *copy.unknown_files()]:
            raise _damaged(model.name, wrong[0])
        try:
            # Taken before the bytes are read: a file that changes meanwhile is read again the next time.
            marker = copy.marker()
            if _read_marker(self._marker_path(model.name)) == marker:
                return
            for file in copy.build.files:
                if _digest(copy.pieces[file.path]) != file.sha256:
                    raise _damaged(model.name, file.path)
        except _Unreadable as exc:
            raise _damaged(model.name, exc.piece.name) from exc
        except OSError as exc:
            raise _damaged(model.name, str(exc.filename)) from exc
        self._write_marker(model.name, marker)

    def _write_marker(self, name: str, marker: _Marker) -> None:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._marker_path(name).write_text(json.dumps(marker), encoding="utf-8")
        except OSError:
            _log.warning("The check of a model is not remembered, so it is checked at every start", exc_info=True)

    def _join(self, model: _Model, copy: _Copy, progress: Progress) -> Path:
        """Make a ready folder of the pieces; it appears under its name at once and complete."""
        from martlive_desktop.adapters.download import need_space

        joining = self._joining(model.name)
        if joining.exists():
            shutil.rmtree(joining)
        need_space(model.name, self._folder, copy.build.bytes)
        joining.mkdir()
        done = 0
        try:
            for file in copy.build.files:
                (joining / file.path).parent.mkdir(parents=True, exist_ok=True)
                with (joining / file.path).open("wb") as target:
                    digest = hashlib.sha256()
                    for block in _blocks(copy.pieces[file.path]):
                        digest.update(block)
                        done += target.write(block)
                        progress(min(done, copy.build.bytes), copy.build.bytes)
                    _sync(target)
                if digest.hexdigest() != file.sha256:
                    raise _damaged(model.name, file.path)
            return self._publish(model, copy.build, joining)
        except _Unreadable as exc:
            raise _damaged(model.name, exc.piece.name) from exc
        finally:
            # A disk that filled up on the way gets its room back.
            shutil.rmtree(joining, ignore_errors=True)

    def _publish(self, model: _Model, build: _Build, ready: Path) -> Path:
        """Give a folder whose files are checked its name."""
        own = self._own(model.name)
        if own.exists():
            shutil.rmtree(own)
        ready.replace(own)
        self._write_marker(model.name, _own_copy(build, own).marker())
        return own

    def _from_here(self, model: _Model, progress: Progress) -> Path | None:
        """What is on this computer with the right bytes, or None."""
        for copy in self._copies(model):
            try:
                if copy.folder is None:
                    folder = self._join(model, copy, progress)
                else:
                    self._check(model, copy)
                    folder = copy.folder
            except ModelDamaged:
                continue
            if not copy.is_own and folder == copy.folder and self._own(model.name).exists():
                # A damaged copy in the user's folder would hide the package's good one.
                shutil.rmtree(self._own(model.name))
            progress(copy.build.bytes, copy.build.bytes)
            return folder
        return None

    def _from_folder(self, model: _Model, folder: Path, progress: Progress) -> Path:
        """Copy a model out of a folder, which may also be the model's own."""
        damaged = ""
        for place in (folder / model.name, folder):
            for build in model.builds:
                copy = _own_copy(build, place)
                if copy.wrong_sizes():
                    continue
                try:
                    return self._join(model, copy, progress)
                except ModelDamaged as exc:
                    damaged = exc.file
        if damaged:
            raise ModelDamaged(
                f"The folder {folder} has wrong bytes in {damaged} of {model.name}; copy that file there anew.",
                name=model.name,
                file=damaged,
            )
        raise ModelMissing(
            f"The folder {folder} does not hold {model.name}; choose one that has a folder {model.name} with its files.",
            name=model.name,
        )

    def _download(
        self, model: _Model, progress: Progress, sources: ModelSources, hub: str, stop: threading.Event | None
    ) -> Path:
        from martlive_desktop.adapters.download import Wanted, fetch_all, open_client

        offers = _offers(model, sources.mirror, hub)
        if not offers:
            raise ModelMissing(
                f"No server is known that has {model.name}; name a mirror in the settings, or fetch it from a folder.",
                name=model.name,
            )
        failures: list[tuple[int, DownloadInterrupted | DownloadDamaged]] = []
        with open_client(sources.proxy, read_timeout_s=self._read_timeout_s) as client:
            for build, place in offers:
                arriving = self._arriving(model.name, build)
                wanted = [
                    Wanted((f"{place}/{quote(file.path)}",), arriving / file.path, file.bytes, file.sha256, model.name)
                    for file in build.files
                ]
                try:
                    fetch_all(wanted, progress, client=client, read_timeout_s=self._read_timeout_s, stop=stop)
                except (DownloadInterrupted, DownloadDamaged) as exc:
                    failures.append((_bytes_in(arriving), exc))
                    if stop is not None and stop.is_set():
                        break
                else:
                    folder = self._publish(model, build, arriving)
                    self._forget_arriving(model)
                    return folder
        # Of the place that had most of it; the others may never have heard of this model.
        raise max(failures, key=lambda failure: failure[0])[1]

    def _forget_arriving(self, model: _Model) -> None:
        for build in model.builds:
            shutil.rmtree(self._arriving(model.name, build), ignore_errors=True)

    @contextmanager
    def _lock(self, name: str, stop: threading.Event | None = None) -> Iterator[None]:
        """One process at a time changes a model; the trouble of writing becomes one sentence."""
        from martlive_desktop.adapters.download import held, no_space, unwritable

        check = _stoppable(_ignore, name, stop)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with held(self._folder / f"{name}.lock", lambda: check(0, 0)):
                yield
        except OSError as exc:
            if exc.errno == errno.ENOSPC:
                raise no_space(name, self._folder, self._models[name].builds[0].bytes) from exc
            raise unwritable(exc, self._folder) from exc

    def _own(self, name: str) -> Path:
        return self._folder / name

    def _joining(self, name: str) -> Path:
        return self._folder / f"{name}.joining"

    def _arriving(self, name: str, build: _Build) -> Path:
        """Where a build's files lie while they come; another build's bytes would be no beginning of them."""
        return self._folder / f"{name}.{build.key}.part"

    def _marker_path(self, name: str) -> Path:
        return self._folder / f"{name}.checked.json"


class _Unreadable(Exception):
    """A piece of a model that is there but does not give its bytes."""

    def __init__(self, piece: Path) -> None:
        super().__init__(str(piece))
        self.piece = piece


def _offers(model: _Model, mirror: str, hub: str) -> list[tuple[_Build, str]]:
    """The builds that servers may have and where, the best first; what one server began another one goes on with."""
    on_mirror = [(build, f"{mirror}/{quote(model.name)}") for build in model.builds if mirror]
    return on_mirror + [(build, build.hub_url(hub)) for build in model.builds if build.repository]


def _bytes_in(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _ignore(done: int, total: int) -> None:
    """A progress that nobody watches."""


def _rising(progress: Progress) -> Progress:
    """A progress that never goes back, also where the next server begins anew."""
    most = 0

    def note(done: int, total: int) -> None:
        nonlocal most
        most = min(max(most, done), total)
        progress(most, total)

    return note


def _stoppable(progress: Progress, name: str, stop: threading.Event | None) -> Progress:
    """A progress that ends what it tells of once `stop` is set."""

    def note(done: int, total: int) -> None:
        if stop is not None and stop.is_set():
            sentence = f"The download of {name} was stopped; what arrived is kept for the next try."
            raise DownloadInterrupted(sentence, url="")
        progress(done, total)

    return note


def _read_manifest(path: Path) -> dict[str, _Model]:
    try:
        return {
            model["name"]: _Model(
                model["name"],
                model["task"],
                model["licence"],
                tuple(map(_read_build, model["builds"])),
                (_read_window(model, "partial_window_s"), _read_window(model, "final_window_s")),
            )
            for model in tomllib.loads(path.read_text(encoding="utf-8"))["models"]
        }
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as exc:
        raise MartLiveError(f"{path} is damaged; install MartLive again.") from exc


def _read_window(model: dict[str, Any], key: str) -> Window:
    return Window(*model[key]) if key in model else FULL_WINDOW


def _read_build(build: dict[str, Any]) -> _Build:
    files = tuple(
        _File(file["path"], file["bytes"], file["sha256"], tuple(file.get("parts", ()))) for file in build["files"]
    )
    return _Build(build.get("repository", ""), build.get("revision", ""), files)


def _own_copy(build: _Build, folder: Path) -> _Copy:
    return _Copy(build, {file.path: (folder / file.path,) for file in build.files}, folder, is_own=True)


def _packaged_copy(build: _Build) -> _Copy | None:
    """The build out of installed packages, or None where a part of it is not installed."""
    pieces: dict[str, tuple[Path, ...]] = {}
    for file in build.files:
        found = [_packaged_file(part) for part in file.parts]
        if not found or None in found:
            return None
        pieces[file.path] = tuple(path for path in found if path)
    folder = pieces[build.files[0].path][0].parent
    is_ready = all(paths == (folder / name,) for name, paths in pieces.items())
    return _Copy(build, pieces, folder if is_ready else None, is_own=False)


def _packaged_file(part: str) -> Path | None:
    package, _, path = part.partition("/")
    spec = importlib.util.find_spec(package)
    places = spec.submodule_search_locations if spec else None
    return next((file for place in places or () if (file := Path(place) / path).is_file()), None)


def _length(pieces: tuple[Path, ...]) -> int:
    """How many bytes the pieces have together; -1 where one is missing."""
    try:
        return sum(piece.stat().st_size for piece in pieces)
    except OSError:
        return -1


def _digest(pieces: tuple[Path, ...]) -> str:
    """The SHA-256 of the pieces' bytes in a row."""
    digest = hashlib.sha256()
    for block in _blocks(pieces):
        digest.update(block)
    return digest.hexdigest()


def _blocks(pieces: tuple[Path, ...]) -> Iterator[bytes]:
    """The pieces' bytes in a row.

    Raises:
        _Unreadable: a stick was pulled out, or a disk fails.
    """
    for piece in pieces:
        try:
            with piece.open("rb") as source:
                while block := source.read(BLOCK_BYTES):
                    yield block
        except OSError as exc:
            raise _Unreadable(piece) from exc


def _sync(file: IO[bytes]) -> None:
    file.flush()
    os.fsync(file.fileno())


def _read_marker(path: Path) -> object:
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None


def _damaged(name: str, file: str) -> ModelDamaged:
    return ModelDamaged(
        f"The model {name} is damaged ({file}); run `martlive models pull {name}`.", name=name, file=file
    )
