"""Updates: asked for, fetched beside the running program, tried, and taken back."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import martlive_desktop
from martlive_desktop import launcher
from martlive_desktop.adapters.versions import Versions, is_newer, place_in_tree, sync_folder
from martlive_desktop.core.errors import MartLiveError, UpdateRefused, UpdateUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from martlive_desktop.adapters.download import Progress
    from martlive_desktop.adapters.update_manifest import Latest, Release
    from martlive_desktop.adapters.update_source import UpdateSource
    from martlive_desktop.adapters.update_stage import Stage
    from martlive_desktop.adapters.versions import State

SELFTEST_S = 60.0
"""A new version that has not tested itself by then hangs."""

NOT_BUILT = (
    "This MartLive runs from Python and cannot replace itself; update it the way it came, as with "
    "`pip install --upgrade martlive`."
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of the question for updates."""

    sentence: str
    """For the user."""
    running: str
    version: str
    """The newest one that is offered."""
    notes: str = ""
    fetch_bytes: int = 0
    """How much is to be fetched; 0 where `is_new` is not."""
    is_new: bool = False
    """It can be fetched."""
    must: bool = False
    """The version that runs should not be used any more."""


class Updates:
    """The updates of the program that runs; one process at a time changes anything, and what starts is always whole."""

    def __init__(
        self,
        versions: Versions,
        source_folder: Path,
        *,
        executable: Path,
        running: str,
        proxy: str = "",
        selftest_s: float = SELFTEST_S,
    ) -> None:
        self._versions = versions
        self._source_folder = source_folder
        self._running_tree, self._place = place_in_tree(executable.resolve())
        self._running = running
        self._proxy = proxy
        self._selftest_s = selftest_s

    def check(self) -> Answer:
        """Ask for the newest version; nothing but the question leaves this computer.

        Raises:
            MartLiveError: there is no answer, or none that can be trusted.
        """
        with self._alone(), self._client() as client:
            source = self._source(client)
            latest, refusal = self._latest(source)
            if refusal is not None:
                return refusal
            release = self._release(source, latest)
            return self._offer(latest, self._stage(release).plan().fetch_bytes)

    def fetch(self, progress: Progress, stop: threading.Event | None = None) -> Answer:
        """Fetch the newest version, try it, and let it start the next time.

        Raises:
            MartLiveError: it did not come, cannot be trusted or does not work; what runs now goes on.
        """
        with self._alone(), self._client() as client:
            source = self._source(client)
            latest, refusal = self._latest(source)
            if refusal is not None:
                return refusal
            release = self._release(source, latest)
            self._drop_other_stages(latest.version)
            stage = self._stage(release)
            plan = stage.plan()
            if not self._versions.tree(latest.version).is_dir():
                tree = stage.build(plan, source.blob_url, progress, client=client, stop=stop or threading.Event())
                if not _passes(tree / self._place, self._selftest_s):
                    stage.remove()
                    self._give_up(latest.version)
                tree.replace(self._versions.tree(latest.version))
                sync_folder(self._versions.folder)
            stage.remove()
            self._take(latest.version)
            self._versions.tidy(self._running)
            sentence = f"MartLive {latest.version} is here; it starts the next time."
            return Answer(sentence, self._running, latest.version, latest.notes)

    def back(self) -> str:
        """Let the version from before start the next time, and say so.

        Raises:
            UpdateUnavailable: the installed program starts already.
        """
        with self._alone():
            state = self._versions.read()
            if not state.version:
                raise UpdateUnavailable("The installed MartLive starts already; there is none before it to go back to.")
            state = self._versions.change(
                lambda now: now._replace(version=now.previous, previous="", is_trying=False, starts=0)
            )
        name = f"MartLive {state.version}" if state.version else "The MartLive that was installed"
        return f"{name} starts the next time."

    def stood(self) -> None:
        """The version that runs works: keep it, and remove what is older than the one before it."""
        with contextlib.suppress(OSError, MartLiveError):
            self._versions.stood(self._running)
            with self._alone():
                self._versions.tidy(self._running)

    def take_news(self) -> str:
        """One sentence that the user must be told, once; or nothing."""
        try:
            return self._versions.take_news()
        except OSError:
            return ""

    def _latest(self, source: UpdateSource) -> tuple[Latest, Answer | None]:
        """What is newest, and the answer where that is not to be fetched."""
        from martlive_desktop.adapters.update_manifest import this_platform

        latest = source.latest(this_platform())
        state = self._versions.read()
        if not is_newer(latest.version, self._running):
            sentence = f"MartLive {self._running} is the newest."
            if is_newer(self._running, latest.version):
                sentence = f"MartLive {self._running} is newer than what is offered ({latest.version}); nothing to do."
        elif latest.version == state.version:
            sentence = f"MartLive {latest.version} is here already; it starts the next time."
        elif latest.version in state.bad:
            sentence = (
                f"MartLive {latest.version} did not work on this computer and is not fetched again; wait for the next "
                "one, or install it by hand."
            )
        else:
            return latest, None
        return latest, Answer(sentence, self._running, latest.version, latest.notes, must=self._must(latest))

    def _offer(self, latest: Latest, fetch_bytes: int) -> Answer:
        sentence = f"MartLive {latest.version} is there: {fetch_bytes / 1e6:.1f} MB to fetch."
        return Answer(
            sentence, self._running, latest.version, latest.notes, fetch_bytes, is_new=True, must=self._must(latest)
        )

    def _must(self, latest: Latest) -> bool:
        return is_newer(latest.least, self._running)

    def _release(self, source: UpdateSource, latest: Latest) -> Release:
        from martlive_desktop.adapters.update_manifest import this_platform

        release = source.release(this_platform(), latest.version)
        program = next((file for file in release.files if file.path == self._place.as_posix()), None)
        if program is None or program.link or (sys.platform != "win32" and program.mode != 0o755):
            raise UpdateRefused(
                f"MartLive {latest.version} has no program for this computer, so nothing was changed; wait for the "
                "next one."
            )
        return release

    def _stage(self, release: Release) -> Stage:
        from martlive_desktop.adapters.update_stage import Stage

        folder = self._stages() / release.version
        return Stage(release, folder, self._running_tree, may_link=self._is_fetched)

    @property
    def _is_fetched(self) -> bool:
        """Whether this version was fetched, and not installed."""
        return self._running_tree.parent == self._versions.folder.resolve()

    def _stages(self) -> Path:
        return self._versions.folder / "arriving"

    def _drop_other_stages(self, version: str) -> None:
        import shutil

        for path in self._stages().iterdir() if self._stages().is_dir() else ():
            if path.name != version:
                shutil.rmtree(path, ignore_errors=True)

    def _take(self, version: str) -> None:
        """Let `version` start from now on, and this one again where it does not work."""
        fetched = self._running if self._is_fetched else ""

        def edit(now: State) -> State:
            # One that never stood is none to go back to.
            is_unsure = now.is_trying and now.version == self._running
            previous = now.previous if is_unsure else fetched
            return now._replace(version=version, is_trying=True, starts=0, previous=previous)

        self._versions.change(edit)

    def _give_up(self, version: str) -> None:
        self._versions.change(lambda now: now._replace(bad=tuple({*now.bad, version})))
        raise UpdateRefused(
            f"MartLive {version} did not pass its self-test on this computer, so {self._running} goes on; "
            "wait for the next one."
        )

    def _source(self, client: httpx.Client) -> UpdateSource:
        from martlive_desktop.adapters.update_source import UpdateSource, read_source

        return UpdateSource(read_source(self._source_folder), self._versions.folder / "trust", client)

    def _client(self) -> httpx.Client:
        from martlive_desktop.adapters.download import open_client

        return open_client(self._proxy)

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        import filelock

        try:
            self._versions.folder.mkdir(parents=True, exist_ok=True)
            with filelock.FileLock(self._versions.folder / "update.lock", timeout=0):
                yield
        except filelock.Timeout as exc:
            raise UpdateUnavailable("MartLive is being updated already; let that finish first.") from exc
        except OSError as exc:
            raise MartLiveError(
                f"MartLive cannot change {exc.filename or self._versions.folder}: close other programs that use it and "
                "allow writing."
            ) from exc


def updates() -> Updates:
    """The updates of the program that runs; MARTLIVE_UPDATES names another folder with source.toml and root.json.

    Raises:
        UpdateUnavailable: it is no built program.
        SettingsInvalid: the settings cannot be read.
    """
    from martlive_desktop.adapters.resource_files import resource_path
    from martlive_desktop.places import data_folder, settings_path
    from martlive_desktop.settings import load_settings

    if not launcher.is_frozen():
        raise UpdateUnavailable(NOT_BUILT)
    named = os.environ.get("MARTLIVE_UPDATES")
    return Updates(
        Versions(data_folder() / "versions"),
        Path(named) if named else resource_path("updates"),
        executable=Path(sys.executable),
        running=martlive_desktop.__version__,
        proxy=load_settings(settings_path()).downloads.proxy,
    )


def _passes(program: Path, limit_s: float) -> bool:
    """Whether `program` finds itself working; whatever it started ends with it."""
    command = [str(program), "--selftest"]
    try:
        child = subprocess.Popen(  # noqa: S603 - signed by those who make MartLive, and checked byte by byte.
            command,
            env=launcher.clean_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError:
        return False
    try:
        return child.wait(limit_s) == 0
    except subprocess.TimeoutExpired:
        return False
    finally:
        _end_all(child)


def _end_all(child: subprocess.Popen[bytes]) -> None:
    """End `child` and what it started."""
    if sys.platform == "win32":
        import psutil

        with contextlib.suppress(psutil.Error):
            for one in psutil.Process(child.pid).children(recursive=True):
                one.kill()
        child.kill()
    else:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)
    child.wait()
