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

from martlive_desktop.adapters.resource_files import manifest_path
from martlive_desktop.core.errors import DownloadInterrupted, MartLiveError, ModelDamaged, ModelMissing, UsageError
from martlive_desktop.core.speech.guards import FULL_WINDOW, Window

if TYPE_CHECKING:
    import httpx

HUB = "https://huggingface.co"
READ_TIMEOUT_S = 30.0
"""A server that sends nothing for so long is taken for gone."""
CONNECT_TIMEOUT_S = 10.0
RESERVE_BYTES = 64 * 1024 * 1024
"""Left free on the disk, so that a download never stops a session from being written."""
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

    def __init__(self, folder: Path, manifest: Path | None = None, *, read_timeout_s: float = READ_TIMEOUT_S) -> None:
        self._folder = folder
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
            return copy.folder or self._join(model, copy)

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
        self._model(name)
        found = [path for path in (self._own(name), self._joining(name), self._arriving(name)) if path.exists()]
        if not found:
            raise ModelMissing(f"Your models folder holds no {name}; there is nothing to remove.", name=name)
        with self._lock(name):
            for path in found:
                shutil.rmtree(path)
            self._marker_path(name).unlink(missing_ok=True)

    def pull(self, name: str, progress: Progress, base_url: str = HUB) -> Path:
        """Bring a model to this computer: from installed packages, else by a download that can be resumed.

        Raises:
            UsageError: there is no model of this name.
            DownloadInterrupted: the connection was lost twice; what arrived is kept for the next try.
            ModelDamaged: the server sends other bytes than the manifest names.
            MartLiveError: the disk is full or the folder cannot be written.
        """
        model = self._model(name)
        with self._lock(name):
            return self._from_here(model, progress) or self._download(model, progress, base_url)

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
        if wrong := copy.wrong_sizes():
            raise _damaged(model.name, wrong[0])
        try:
            # Taken before the bytes are read: a file that changes meanwhile is read again the next time.
            marker = copy.marker()
            if _read_marker(self._marker_path(model.name)) == marker:
                return
            for file in copy.build.files:
                if _digest(copy.pieces[file.path]) != file.sha256:
                    raise _damaged(model.name, file.path)
        except OSError as exc:
            raise _damaged(model.name, str(exc.filename)) from exc
        self._write_marker(model.name, marker)

    def _write_marker(self, name: str, marker: _Marker) -> None:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._marker_path(name).write_text(json.dumps(marker), encoding="utf-8")
        except OSError:
            _log.warning("The check of a model is not remembered, so it is checked at every start", exc_info=True)

    def _join(self, model: _Model, copy: _Copy) -> Path:
        """Make a ready folder of the pieces; it appears under its name at once and complete."""
        joining = self._joining(model.name)
        if joining.exists():
            shutil.rmtree(joining)
        self._need_space(model.name, copy.build.bytes)
        joining.mkdir()
        for file in copy.build.files:
            with (joining / file.path).open("wb") as target:
                digest = _digest(copy.pieces[file.path], target)
                _sync(target)
            if digest != file.sha256:
                shutil.rmtree(joining)
                raise _damaged(model.name, file.path)
        return self._publish(model, copy.build, joining)

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
                    folder = self._join(model, copy)
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

    def _download(self, model: _Model, progress: Progress, base_url: str) -> Path:
        import httpx

        build = next((build for build in model.builds if build.repository), None)
        if build is None:
            raise ModelMissing(f"The model {model.name} comes only in Python packages.", name=model.name)
        arriving = self._arriving(model.name)
        arriving.mkdir(exist_ok=True)
        kept = sum(path.stat().st_size for path in arriving.iterdir())
        self._need_space(model.name, build.bytes - kept)
        timeout = httpx.Timeout(self._read_timeout_s, connect=CONNECT_TIMEOUT_S)
        # Ranges count the bytes of the file, not those of a compressed answer.
        headers = {"Accept-Encoding": "identity"}
        with httpx.Client(timeout=timeout, headers=headers, follow_redirects=True) as client:
            _Download(client, model.name, build, base_url, arriving, progress).run()
        return self._publish(model, build, arriving)

    def _need_space(self, name: str, needed: int) -> None:
        if shutil.disk_usage(self._folder).free < needed + RESERVE_BYTES:
            raise _no_space(name, self._folder, needed)

    @contextmanager
    def _lock(self, name: str) -> Iterator[None]:
        """One process at a time changes a model; the trouble of writing becomes one sentence."""
        import filelock

        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with filelock.FileLock(self._folder / f"{name}.lock"):
                yield
        except OSError as exc:
            if exc.errno == errno.ENOSPC:
                raise _no_space(name, self._folder, self._models[name].builds[0].bytes) from exc
            raise MartLiveError(
                f"MartLive cannot change {exc.filename or self._folder}: close other programs that use it and allow writing."
            ) from exc

    def _own(self, name: str) -> Path:
        return self._folder / name

    def _joining(self, name: str) -> Path:
        return self._folder / f"{name}.joining"

    def _arriving(self, name: str) -> Path:
        return self._folder / f"{name}.part"

    def _marker_path(self, name: str) -> Path:
        return self._folder / f"{name}.checked.json"


class _Download:
    """A build on its way into `folder`; what arrived stays there when the way breaks."""

    def __init__(
        self, client: httpx.Client, name: str, build: _Build, base_url: str, folder: Path, progress: Progress
    ) -> None:
        self._client = client
        self._name = name
        self._build = build
        self._url = f"{base_url}/{build.repository}/resolve/{build.revision}"
        self._folder = folder
        self._progress = progress
        self._done = 0

    def run(self) -> None:
        for file in self._build.files:
            self._fetch(file)
            self._done += file.bytes
            self._progress(self._done, self._build.bytes)

    def _fetch(self, file: _File) -> None:
        """Bring one file, with a second try where the connection is lost."""
        import httpx

        target = self._folder / file.path
        lost: httpx.RequestError | None = None
        for _ in range(2):
            try:
                self._continue(file, target)
            except httpx.RequestError as exc:
                lost = exc
            if _length((target,)) >= file.bytes:
                break
        else:
            raise DownloadInterrupted(
                f"The download of {self._name} was interrupted; run `martlive models pull {self._name}` again, "
                "it goes on where it stopped.",
                url=f"{self._url}/{file.path}",
            ) from lost
        if _digest((target,)) != file.sha256:
            target.unlink()
            raise ModelDamaged(
                f"The download of {self._name} brought wrong bytes ({file.path}), which are deleted; "
                f"run `martlive models pull {self._name}` again.",
                name=self._name,
                file=file.path,
            )

    def _continue(self, file: _File, target: Path) -> None:
        """Ask for what is still missing of a file, and take what comes."""
        have = max(_length((target,)), 0)
        if have >= file.bytes > 0:
            return
        url = f"{self._url}/{file.path}"
        with self._client.stream("GET", url, headers={"Range": f"bytes={have}-"} if have else {}) as answer:
            is_rest = answer.headers.get("Content-Range", "").startswith(f"bytes {have}-")
            if answer.status_code == 416 or (answer.status_code == 206 and not is_rest):
                # What is kept is not the beginning of the server's file.
                target.unlink()
                return
            if not answer.is_success:
                raise DownloadInterrupted(
                    f"The server does not give {self._name} (status {answer.status_code}); "
                    f"run `martlive models pull {self._name}` later.",
                    url=url,
                )
            have = have if is_rest else 0
            with target.open("ab" if is_rest else "wb") as file_on_disk:
                for block in answer.iter_bytes():
                    have += file_on_disk.write(block)
                    if have > file.bytes:
                        break
                    self._progress(self._done + have, self._build.bytes)
                _sync(file_on_disk)


def _read_manifest(path: Path) -> dict[str, _Model]:
    models: list[dict[str, Any]] = tomllib.loads(path.read_text(encoding="utf-8"))["models"]
    return {
        model["name"]: _Model(
            model["name"],
            model["task"],
            model["licence"],
            tuple(map(_read_build, model["builds"])),
            (_read_window(model, "partial_window_s"), _read_window(model, "final_window_s")),
        )
        for model in models
    }


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


def _digest(pieces: tuple[Path, ...], copy_to: IO[bytes] | None = None) -> str:
    """The SHA-256 of the pieces' bytes in a row, which are written to `copy_to` on the way."""
    digest = hashlib.sha256()
    for piece in pieces:
        with piece.open("rb") as source:
            while block := source.read(BLOCK_BYTES):
                digest.update(block)
                if copy_to is not None:
                    copy_to.write(block)
    return digest.hexdigest()


def _sync(file: IO[bytes]) -> None:
    file.flush()
    os.fsync(file.fileno())


def _read_marker(path: Path) -> object:
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None


def _damaged(name: str, file: str) -> ModelDamaged:
    return ModelDamaged(
        f"The model {name} is damaged ({file}); run `martlive models pull {name}`.", name=name, file=file
    )


def _no_space(name: str, folder: Path, needed: int) -> MartLiveError:
    return MartLiveError(f"The disk has no room for {name}: free {needed / 1e6:.0f} MB for {folder} and try again.")
