"""The desktop app: the overlay, the tray and the hotkeys, joined to a live session."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QSocketNotifier, QTimer, Signal
from PySide6.QtWidgets import QApplication

from martlive_desktop import app
from martlive_desktop.adapters.remote_control import address
from martlive_desktop.adapters.resource_files import resource_path
from martlive_desktop.core.errors import MartLiveError, MicrophoneUnavailable
from martlive_desktop.core.events import Status
from martlive_desktop.desktop_screen import ScreenDesk
from martlive_desktop.desktop_stream import StreamDesk
from martlive_desktop.settings import save_settings
from martlive_desktop.ui.bridge import Bridge
from martlive_desktop.ui.control_server import ControlServer
from martlive_desktop.ui.model_view import ModelView
from martlive_desktop.ui.notice import Notice
from martlive_desktop.ui.overlay import Overlay
from martlive_desktop.ui.placement import Placement
from martlive_desktop.ui.theme import load_look
from martlive_desktop.ui.tray import Tray

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from martlive_desktop.adapters.hotkeys_x11 import X11Hotkeys
    from martlive_desktop.core.plan import ShowPlan
    from martlive_desktop.settings import Settings
    from martlive_desktop.ui.plan_editor import PlanEditor, SavedPlan

MESSAGE_FONT_PX = 13
"""Of messages, at the overlay's default size."""

NO_SHOW = "No show runs; wait until MartLive listens."

LAST_TIP_MS = 1_500
"""After the demo's end the overlay stays this long, so that it does not vanish under the eyes."""


def run(settings: Settings, *, plan: ShowPlan | None, watches_screen: bool = True, news: str = "") -> int:
    """Show the overlay and coach until the user quits; without a plan, over the demo show until it ends.

    `news` is one sentence to say at the start, where there is one.

    Raises:
        AlreadyRunning: another MartLive of this user runs.
    """
    # OBS and the window manager know the window by argv[0].
    qt = QApplication(["martlive"])
    qt.setApplicationName("MartLive")
    qt.setQuitOnLastWindowClosed(False)
    desktop = Desktop(settings, watches_screen=watches_screen)
    with contextlib.closing(desktop), _signals_end(qt):
        desktop.begin(plan)
        if news:
            desktop.say("Your settings", news)
        return qt.exec()


class Desktop(QObject):
    """Owns the windows and the show that runs behind them; nothing here waits, except `close`."""

    _failed = Signal(object)
    _ended = Signal()
    _started = Signal()
    _planned = Signal(object)

    def __init__(self, settings: Settings, *, watches_screen: bool = True) -> None:
        super().__init__()
        self._settings = settings
        self._watches_screen = watches_screen
        self._show: app.LiveShow | None = None
        self._starter: threading.Thread | None = None
        self._is_demo = False
        self._server = ControlServer(address(), self.answer, self)
        self._server.listen()
        wish = settings.overlay
        look = load_look(
            resource_path(""),
            theme=wish.theme,
            font_px=wish.font_px,
            is_motion_reduced=wish.reduced_motion,
            is_compact=wish.layout == "compact",
        )
        QApplication.setFont(look.font(MESSAGE_FONT_PX))
        self._overlay = Overlay(look)
        self._overlay.set_opacity(wish.opacity)
        self._overlay.set_locked(wish.locked)
        at = (wish.x, wish.y) if wish.x is not None and wish.y is not None else None
        self._placement = Placement(self._overlay, wish.monitor, wish.places, at, self)
        self._is_click_through = wish.click_through
        self._notice = Notice(look)
        self._bridge = Bridge(self)
        self._model_view = ModelView() if settings.coach.show_model else None
        if self._model_view is not None:
            self._model_view.show()
        self._tray = Tray(look, self)
        self._look = look
        self._desk = ScreenDesk(settings, look, self)
        self.stream = StreamDesk(settings.stream, look, self)
        self._plan_editor: PlanEditor | None = None
        self.actions: dict[str, Callable[[], object]] = {
            "toggle": lambda: self._switch_coaching(not self._bridge.state.is_coaching),
            "show_hide": lambda: self._show_overlay(self._overlay.isHidden()),
            "click_through": lambda: self._set_click_through(not self._is_click_through),
            "dismiss": self._dismiss,
            "next_item": self._go_on,
            "repeat_tip": self._bridge.repeat_tip,
            "mark": self._mark,
            "hide_all": self._hide_all,
            "pause_screen": lambda: self._watch_screen(self._bridge.state.watching == "paused"),
        }
        self._hotkeys = self._grab_hotkeys()
        self._connect()

    def begin(self, plan: ShowPlan | None) -> None:
        """Start a show in the background: the microphone's with `plan`, or else the demo."""
        self._is_demo = plan is None
        self._overlay.show()
        self._overlay.set_click_through(self._is_click_through)
        self._tray.show()
        self._show_switches()
        self._bridge.post(Status(0, "recogniser", "loading"))
        self._starter = threading.Thread(target=self._start, args=(plan,), name="martlive-start")
        self._starter.start()

    def say(self, title: str, sentence: str) -> None:
        """Say something that the user should know."""
        self._notice.say(title, sentence)

    def close(self) -> None:
        """End the show and keep what was said."""
        self._overlay.hide()
        if self._model_view is not None:
            self._model_view.close()
        self._tray.close()
        self._desk.close()
        self.stream.close()
        if self._plan_editor is not None:
            self._plan_editor.deleteLater()
        if self._starter is not None:
            self._starter.join()
        if self._show is not None:
            self._show.close()
        self._server.close()
        if self._hotkeys is not None:
            self._hotkeys.close()

    def _start(self, plan: ShowPlan | None) -> None:
        if self._show is not None:
            # It has ended already: its microphone could not be opened.
            self._show.close()
            self._show = None
        try:
            recording = None
            if plan is None:
                plan, recording = app.demo_parts()
            self._planned.emit(plan)
            self._show = app.LiveShow(
                plan,
                self._settings,
                recording=recording,
                watches_screen=self._watches_screen,
                listeners=(self._bridge.post, self.stream.post),
                on_product=self._bridge.show_product,
                on_end=self._ended.emit,
                on_exchange=self._model_view.post if self._model_view else None,
            )
        except MartLiveError as exc:
            self._failed.emit(exc)
        else:
            self._started.emit()

    def _connect(self) -> None:
        self._bridge.state_changed.connect(self._overlay.render_state)
        self._bridge.state_changed.connect(self._show_switches)
        self._bridge.state_changed.connect(self.stream.show_state)
        self._planned.connect(self.stream.begin)
        self.stream.said.connect(self._tell)
        self.stream.changed.connect(lambda wish: self._save({"stream": wish}))
        self._bridge.news.connect(self._tell)
        self._placement.changed.connect(self._remember_place)
        self._overlay.tip_dismissed.connect(self._dismiss)
        self._tray.coaching_requested.connect(self._switch_coaching)
        self._tray.visibility_requested.connect(self._show_overlay)
        self._tray.click_through_requested.connect(self._set_click_through)
        self._tray.plan_requested.connect(self.edit_plan)
        self._tray.stream_requested.connect(self.stream.open_panel)
        self._tray.quit_requested.connect(self._quit)
        self._tray.lock_requested.connect(self._lock)
        self._tray.hide_all_requested.connect(self._hide_all)
        self._tray.watching_requested.connect(self._watch_screen)
        self._tray.screen_picker_requested.connect(self._desk.open)
        self._desk.settings_changed.connect(self._keep_screen)
        self._failed.connect(self._explain)
        self._started.connect(self._attach_screen)
        self._ended.connect(self._after_show)

    def _grab_hotkeys(self) -> X11Hotkeys | None:
        if QApplication.platformName() != "xcb":
            return None
        from martlive_desktop.adapters.hotkeys_x11 import X11Hotkeys

        wish = self._settings.hotkeys
        keys = X11Hotkeys({action: getattr(wish, action) for action in self.actions})
        notifier = QSocketNotifier(keys.fileno(), QSocketNotifier.Type.Read, self)
        notifier.activated.connect(self._read_hotkeys)
        if keys.conflicts:
            names = " and ".join(getattr(wish, action) for action in keys.conflicts)
            self._notice.say(
                "Hotkey taken",
                f"Another program has {names} – choose other keys in the settings file, or use the tray.",
            )
        return keys

    def _read_hotkeys(self) -> None:
        assert self._hotkeys is not None
        for action in self._hotkeys.read():
            self.actions[action]()

    def answer(self, command: str) -> Mapping[str, object]:
        """Do what a command of `COMMANDS` asks for, and say so."""
        match command:
            case "toggle":
                is_coaching = not self._bridge.state.is_coaching
                self._switch_coaching(is_coaching)
                return {"sentence": f"Coaching is {'on' if is_coaching else 'off'}.", "coaching": is_coaching}
            case "show" | "hide":
                self._show_overlay(command == "show")
                return {"sentence": f"The overlay is {'shown' if command == 'show' else 'hidden'}."}
            case "dismiss":
                self._dismiss()
                return {"sentence": "The tip is gone."}
            case "next":
                return {"sentence": self._go_on()}
            case "repeat":
                self._bridge.repeat_tip()
                return {"sentence": "The last tip is up." if self._bridge.state.tip else "There was no tip yet."}
            case "mark":
                return {"sentence": "This moment is marked." if self._mark() else NO_SHOW}
            case "hide-all":
                self._hide_all()
                return {"sentence": "Everything that is only for you is off the screen."}
            case "click-through":
                self._set_click_through(not self._is_click_through)
                return {"sentence": f"Clicks go to {'what lies beneath' if self._is_click_through else 'the overlay'}."}
            case "quit":
                QTimer.singleShot(0, self._quit)
                return {"sentence": "MartLive ends; your session is kept."}
            case _:
                state = self._bridge.state
                return {
                    "sentence": f"Coaching is {'on' if state.is_coaching else 'off'}; hearing: {state.hearing}.",
                    "coaching": state.is_coaching,
                    "hearing": state.hearing,
                    "shown": not self._overlay.isHidden(),
                    "watching": state.watching,
                    "tip": state.tip.text if state.tip else None,
                    "pid": os.getpid(),
                }

    def _switch_coaching(self, is_on: bool) -> None:  # noqa: FBT001 - connected to a signal that carries a bool
        if self._show is not None:
            self._show.live.toggle(is_on)

    def _dismiss(self) -> None:
        if not self._bridge.end_repeat() and self._show is not None:
            self._show.live.dismiss()

    def _mark(self) -> bool:
        if self._show is None or self._show.live.error is not None:
            return False
        self._show.live.mark()
        return True

    def _go_on(self) -> str:
        """Put the plan's next item on, and say what came of it."""
        if self._show is None or self._show.live.error is not None:
            return NO_SHOW
        if not self.stream.has_items:
            return "There is no next item; add products to your plan."
        self._show.live.next_item()
        return "The next item is on."

    def _hide_all(self) -> None:
        """Nothing that is only for the streamer is on the screen any more; coaching goes on, and OBS keeps its window."""
        self._notice.close()
        self._desk.picker.hide()
        self.stream.hide()
        if self._plan_editor is not None:
            self._plan_editor.hide()
        if self._model_view is not None:
            self._model_view.hide()
        self._show_overlay(is_shown=False)

    def _lock(self, is_on: bool) -> None:  # noqa: FBT001 - connected to a signal that carries a bool
        self._overlay.set_locked(is_on)
        self._save({"overlay": self._settings.overlay.model_copy(update={"locked": is_on})})
        self._show_switches()

    def _show_overlay(self, is_shown: bool) -> None:  # noqa: FBT001 - connected to a signal that carries a bool
        self._overlay.setVisible(is_shown)
        self._show_switches()

    def _set_click_through(self, is_on: bool) -> None:  # noqa: FBT001 - connected to a signal that carries a bool
        self._is_click_through = is_on
        self._overlay.set_click_through(is_on)
        self._show_switches()

    def _attach_screen(self) -> None:
        if self._show is not None and self._show.watch is not None:
            self._desk.attach(self._show.watch)

    def _watch_screen(self, is_on: bool) -> None:  # noqa: FBT001 - connected to a signal that carries a bool
        if self._show is not None and self._show.watch is not None:
            self._show.watch.pictures.pause(not is_on)

    def _keep_screen(self, changed: Settings) -> None:
        self._save({"screen": changed.screen, "chat": changed.chat, "obs": changed.obs})

    def _show_switches(self, _state: object = None) -> None:
        state = self._bridge.state
        self._desk.tell(state.watching_detail if state.watching == "lost" else "")
        self._tray.show_switches(
            is_coaching=state.is_coaching,
            is_shown=not self._overlay.isHidden(),
            is_click_through=self._is_click_through,
            is_locked=self._settings.overlay.locked,
            watching=state.watching,
        )

    def _remember_place(self, monitor: str, places: dict[str, tuple[int, int]]) -> None:
        at = {"x": self._overlay.x(), "y": self._overlay.y(), "monitor": monitor, "places": places}
        self._save({"overlay": self._settings.overlay.model_copy(update=at)})

    def _save(self, groups: Mapping[str, object]) -> None:
        self._settings = self._settings.model_copy(update=groups)
        save_settings(self._settings, app.settings_path())

    def edit_plan(self) -> None:
        """Open the editor, with the plan that was saved last."""
        if self._plan_editor is None:
            from martlive_desktop.adapters.plan_file import read_plan, read_table, read_templates, write_plan
            from martlive_desktop.ui.plan_editor import PlanEditor, PlanFiles

            self._plan_editor = PlanEditor(self._look, PlanFiles(read_plan, write_plan, read_table, read_templates()))
            self._plan_editor.saved.connect(self._keep_plan)
            if self._settings.show.plan:
                self._plan_editor.open_plan(Path(self._settings.show.plan))
        self._plan_editor.show()
        self._plan_editor.raise_()
        self._plan_editor.activateWindow()

    def _keep_plan(self, saved: SavedPlan) -> None:
        self._save({"show": self._settings.show.model_copy(update={"plan": str(saved.path)})})
        self._tell("Your plan is saved; it is used from the next show on.")

    def _quit(self) -> None:
        """End, unless a plan is not saved yet: the editor asks then."""
        editor = self._plan_editor
        if editor is not None and not editor.close():
            editor.show()
            editor.activateWindow()
            return
        QApplication.quit()

    def _after_show(self) -> None:
        error = self._show.live.error if self._show is not None else None
        if error is not None:
            self._explain(error)
        elif self._is_demo:
            QTimer.singleShot(LAST_TIP_MS, QApplication.quit)

    def _tell(self, sentence: str) -> None:
        if not self._tray.tell(sentence):
            self._notice.say("MartLive hears", sentence)

    def _explain(self, error: MartLiveError) -> None:
        part = "microphone" if isinstance(error, MicrophoneUnavailable) else "recogniser"
        self._bridge.post(Status(0, part, "lost", str(error)))
        if isinstance(error, MicrophoneUnavailable):
            self._notice.offer("No microphone", str(error), "Watch the demo show", self._begin_demo)
        else:
            self._notice.say("MartLive cannot hear yet", str(error))

    def _begin_demo(self) -> None:
        self.begin(None)


@contextlib.contextmanager
def _signals_end(qt: QApplication):  # type: ignore[no-untyped-def]
    """Let Ctrl-C and a system's request end the app: Qt's loop does not let Python's handlers run by itself."""
    reader, writer = socket.socketpair()
    for end in (reader, writer):
        end.settimeout(0)
    notifier = QSocketNotifier(reader.fileno(), QSocketNotifier.Type.Read)
    notifier.activated.connect(qt.quit)
    before_fd = signal.set_wakeup_fd(writer.fileno())
    before = {number: signal.signal(number, lambda *_: None) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(before_fd)
        notifier.setEnabled(False)
        reader.close()
        writer.close()
