"""The composition root: what each command of the command line does, from the parts that the modules beside it join."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from martlive_desktop.core.errors import MartLiveError
from martlive_desktop.core.events import Status, Tip
from martlive_desktop.live_show import LiveShow, Recording
from martlive_desktop.places import settings_path

if TYPE_CHECKING:
    from martlive_desktop.core.events import LogEvent
    from martlive_desktop.core.plan import ShowPlan

NO_DISPLAY = (
    "There is no display here: run `martlive review FILE` for a recording, or `martlive demo --headless` to see how "
    "it works."
)


def _read_plan(path: Path | None, language: str = "") -> ShowPlan:
    from martlive_desktop.adapters.plan_file import read_plan
    from martlive_desktop.core.plan import ShowPlan

    spoken = language or "en"
    return read_plan(path, spoken) if path else ShowPlan(language=spoken)


def demo_parts() -> tuple[ShowPlan, Recording]:
    """The bundled show."""
    from martlive_desktop.adapters.chat_file import ChatFile
    from martlive_desktop.adapters.media_file import MediaFile
    from martlive_desktop.adapters.resource_files import resource_path
    from martlive_desktop.adapters.video_file import VideoFile
    from martlive_desktop.settings import Settings
    from martlive_desktop.watching import watch_recording

    folder = resource_path("demo")
    show, plan = folder / "show.mkv", _read_plan(folder / "plan.toml")
    screen = watch_recording(VideoFile(show), Settings(), plan, None)
    return plan, Recording("demo", MediaFile(show), ChatFile(folder / "chat.jsonl"), screen)


def run_demo(*, is_headless: bool) -> int:
    """Play the bundled show through the live pipeline.

    Raises:
        MartLiveError: a part that it needs is missing.
    """
    from martlive_desktop.settings import load_settings

    settings = load_settings(settings_path())
    if not is_headless:
        _require_display()
        from martlive_desktop import desktop

        return desktop.run(settings, plan=None)
    plan, recording = demo_parts()
    print(f"MartLive demo: “{plan.title}”, three minutes. Tips come as they would on your screen.", flush=True)

    def tell(event: LogEvent) -> None:
        if isinstance(event, Tip):
            minutes, seconds = divmod(event.at_ms // 1000, 60)
            print(f"{minutes}:{seconds:02}  {event.text}", flush=True)
        elif isinstance(event, Status) and (event.part, event.state) == ("store", "lost"):
            print(f"martlive: {event.detail}", file=sys.stderr)

    show = LiveShow(plan, settings, recording=recording, listeners=(tell,))
    with contextlib.closing(show):
        show.wait()
    print(f"That was the show. See it again: martlive sessions export {show.session_id} --format md")
    return 0


def run_desktop(*, plan: Path | None, watches_screen: bool = True, waits: bool = False) -> int:
    """The desktop app; one that `waits` begins no show by itself.

    Raises:
        MartLiveError: there is no display, MartLive runs already, or the plan cannot be used.
    """
    from martlive_desktop.settings import load_or_set_aside

    _require_display()
    from martlive_desktop import desktop

    settings, news = load_or_set_aside(settings_path())
    language = settings.recogniser.language
    show_plan = _read_plan(plan, language)
    if plan is None and settings.show.plan:
        try:
            show_plan = _read_plan(Path(settings.show.plan), language)
        except MartLiveError as exc:
            news = news or f"{exc} Until then the show goes without a plan."
    return desktop.run(settings, plan=show_plan, watches_screen=watches_screen, waits=waits, news=news)


def _require_display() -> None:
    if sys.platform == "linux":
        if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
            raise MartLiveError(NO_DISPLAY)
        # No program may stay on top under Wayland itself; XWayland lets it.
        if os.environ.setdefault("QT_QPA_PLATFORM", "xcb") == "xcb":
            from Xlib.display import Display
            from Xlib.error import DisplayError

            # Qt would abort the whole process.
            try:
                Display().close()
            except DisplayError as exc:
                raise MartLiveError(NO_DISPLAY) from exc
