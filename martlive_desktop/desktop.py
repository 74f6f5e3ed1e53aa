"""The desktop app: the overlay, the tray and the hotkeys, joined to a live session."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import threading
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QSocketNotifier, QTimer, Signal
from PySide6.QtWidgets import QApplication

from martlive_desktop import app
from martlive_desktop.adapters.remote_control import address
from martlive_desktop.adapters.resource_files import resource_path
from martlive_desktop.core.errors import MartLiveError, MicrophoneUnavailable
from martlive_desktop.core.events import Status
from martlive_desktop.desktop_screen import ScreenDesk
from martlive_desktop.settings import save_settings
from martlive_desktop.ui.bridge import Bridge
from martlive_desktop.ui.control_server import ControlServer
from martlive_desktop.ui.model_view import ModelView
from martlive_desktop.ui.notice import Notice
from martlive_desktop.ui.overlay import Overlay
from martlive_desktop.ui.theme import load_look
from martlive_desktop.ui.tray import Tray

if TYPE_CHECKING:
    from collections.abc import Mapping

    from martlive_desktop.adapters.hotkeys_x11 import X11Hotkeys
    from martlive_desktop.core.plan import ShowPlan
    from martlive_desktop.settings import Settings

MESSAGE_FONT_PX = 13
"""Of messages, at the overlay's default size."""

LAST_TIP_MS = 1_500
"""After the demo's end the overlay stays this long, so that it does not vanish under the eyes."""


def run(settings: Settings, *, plan: ShowPlan | None, watches_screen: bool = True) -> int:
    """Show the overlay and coach until the user quits; without a plan, over the demo show until it ends.

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
        return qt.exec()


class Desktop(QObject):
    """Owns the windows and the show that runs behind them; nothing here waits, except `close`."""

    _failed = Signal(object)
    _ended = Signal()
    _started = Signal()

    def __init__(self, settings: Settings, *, watches_screen: bool = True) -> None:
        super().__init__()
        self._settings = settings
        self._watches_screen = watches_screen
        self._show: app.LiveShow | None = None
        self._starter: threading.Thread | None = None
        self._is_demo = False
        self._server = ControlServer(address(), self._answer, self)
        self._server.listen()
        wish = settings.overlay
        look = load_look(
            resource_path(""), theme=wish.theme, font_px=wish.font_px, is_motion_reduced=wish.reduced_motion
        )
        QApplication.setFont(look.font(MESSAGE_FONT_PX))
        self._overlay = Overlay(look)
        self._overlay.setWindowOpacity(wish.opacity)
        if wish.x is not None and wish.y is not None:
            self._overlay.place(wish.x, wish.y)
        self._is_click_through = wish.click_through
        self._notice = Notice(look)
        self._bridge = Bridge(self)
        self._model_view = ModelView() if settings.coach.show_model else None
        if self._model_view is not None:
            self._model_view.show()
        self._tray = Tray(look, self)
        self._desk = ScreenDesk(settings, look, self)
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

    def close(self) -> None:
        """End the show and keep what was said."""
        self._overlay.hide()
        if self._model_view is not None:
            self._model_view.close()
        self._tray.close()
        self._desk.close()
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
            self._show = app.LiveShow(
                plan,
                self._settings,
                recording=recording,
                watches_screen=self._watches_screen,
                listeners=(self._bridge.post,),
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
        self._bridge.news.connect(self._tell)
        self._overlay.moved.connect(self._remember_place)
        self._overlay.tip_dismissed.connect(self._dismiss)
        self._tray.coaching_requested.connect(self._switch_coaching)
        self._tray.visibility_requested.connect(self._show_overlay)
        self._tray.click_through_requested.connect(self._set_click_through)
        self._tray.quit_requested.connect(QApplication.quit)
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
        actions = ("toggle", "show_hide", "pause_screen")
        keys = X11Hotkeys({action: getattr(wish, action) for action in actions})
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
            if action == "toggle":
                self._switch_coaching(not self._bridge.state.is_coaching)
            elif action == "pause_screen":
                self._watch_screen(self._bridge.state.watching == "paused")
            else:
                self._show_overlay(self._overlay.isHidden())

    def _answer(self, command: str) -> Mapping[str, object]:
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
            case "quit":
                QTimer.singleShot(0, QApplication.quit)
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
        if self._show is not None:
            self._show.live.dismiss()

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
            watching=state.watching,
        )

    def _remember_place(self, x: int, y: int) -> None:
        self._save({"overlay": self._settings.overlay.model_copy(update={"x": x, "y": y})})

    def _save(self, groups: Mapping[str, object]) -> None:
        self._settings = self._settings.model_copy(update=groups)
        save_settings(self._settings, app.settings_path())

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
