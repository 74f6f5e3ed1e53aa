"""The desktop app: the overlay, the tray and the hotkeys, joined to a live session."""

from __future__ import annotations

import contextlib
import ctypes
import dataclasses
import os
import signal
import socket
import sys
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QObject, QSocketNotifier, QTimer, Signal
from PySide6.QtWidgets import QApplication

from martlive_desktop.adapters import autostart
from martlive_desktop.adapters.capture import hide_from_capture
from martlive_desktop.adapters.crash_file import CrashWatch, last_crash, told
from martlive_desktop.adapters.power import PowerWatch
from martlive_desktop.adapters.remote_control import address
from martlive_desktop.adapters.resource_files import resource_path
from martlive_desktop.components import component_source
from martlive_desktop.core.errors import MartLiveError, MicrophoneUnavailable
from martlive_desktop.core.events import Status
from martlive_desktop.desktop_components import ComponentsDesk
from martlive_desktop.desktop_history import HistoryDesk, kept_shows
from martlive_desktop.desktop_keys import KeysDesk
from martlive_desktop.desktop_obs import ObsDesk
from martlive_desktop.desktop_plan import PlanDesk
from martlive_desktop.desktop_remote import RemoteDesk
from martlive_desktop.desktop_screen import ScreenDesk
from martlive_desktop.desktop_senses import SensesDesk
from martlive_desktop.desktop_settings import SettingsDesk
from martlive_desktop.desktop_show import ShowDesk
from martlive_desktop.desktop_stream import StreamDesk
from martlive_desktop.desktop_updates import UpdatesDesk
from martlive_desktop.obs_password import keep_obs_password, obs_password
from martlive_desktop.places import data_folder
from martlive_desktop.ui.bridge import Bridge
from martlive_desktop.ui.control_server import ControlServer
from martlive_desktop.ui.model_view import ModelView
from martlive_desktop.ui.notice import Notice
from martlive_desktop.ui.overlay import Overlay
from martlive_desktop.ui.placement import Placement
from martlive_desktop.ui.sentences import translated
from martlive_desktop.ui.stream_window import LAYOUTS
from martlive_desktop.ui.theme import Look, load_look
from martlive_desktop.ui.translation import QT_TRANSLATE_NOOP, install_translation
from martlive_desktop.ui.tray import Tray
from martlive_desktop.updating import updates

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from martlive_desktop.core.events import LogEvent
    from martlive_desktop.core.obs_state import ObsState
    from martlive_desktop.core.plan import ShowPlan
    from martlive_desktop.desktop_first_run import FirstRunDesk
    from martlive_desktop.settings import OverlaySettings, Settings
    from martlive_desktop.ui.plan_editor import SavedPlan

MESSAGE_FONT_PX = 13
"""Of messages, at the overlay's default size."""

NO_SHOW = "No show runs; wait until MartLive listens."

CRASHED = QT_TRANSLATE_NOOP(
    "Desktop",
    "MartLive stopped by surprise last time; what was recorded is kept. "
    "What happened, without a word of yours, is in {file}.",
)

LAST_TIP_MS = 1_500
"""After the demo's end the overlay stays this long, so that it does not vanish under the eyes."""


def _application() -> QApplication:
    qt = QApplication.instance()
    assert isinstance(qt, QApplication)
    return qt


def look_parts(wish: OverlaySettings) -> tuple[object, ...]:
    """What of `wish` the look of every window follows from."""
    return wish.theme, wish.font_px, wish.reduced_motion, wish.layout


def look_of(wish: OverlaySettings) -> Look:
    """The look that the user chose."""
    return load_look(
        resource_path(""),
        theme=wish.theme,
        font_px=wish.font_px,
        is_motion_reduced=wish.reduced_motion,
        is_compact=wish.layout == "compact",
    )


def run(
    settings: Settings, *, plan: ShowPlan | None, watches_screen: bool = True, waits: bool = False, news: str = ""
) -> int:
    """Show the overlay and coach until the user quits; without a plan, over the demo show until it ends.

    One that `waits` is in the tray until a show is begun.

    `news` is one sentence to say at the start, where there is one.

    Raises:
        AlreadyRunning: another MartLive of this user runs.
    """
    if sys.platform == "win32":
        # The task bar puts windows and the entry of the Start menu together by this name.
        ctypes.windll.shell32.SetCurrentProcessExplicitAppUserModelID("MartLive.MartLive")
    # OBS and the window manager know the window by argv[0].
    qt = QApplication(["martlive"])
    qt.setApplicationName("MartLive")
    qt.setQuitOnLastWindowClosed(False)
    install_translation(qt, settings.app.language, resource_path(""))
    desktop = Desktop(settings, watches_screen=watches_screen)
    crashes = data_folder() / "crashes"
    with contextlib.closing(desktop), _signals_end(qt):
        if (crash := last_crash(crashes)) is not None:
            told(crash)
            news = news or QCoreApplication.translate("Desktop", CRASHED).format(file=crash)
        with CrashWatch(crashes):
            desktop.begin(plan, waits=waits)
            if news:
                desktop.say(QCoreApplication.translate("Desktop", "Good to know"), news)
            return qt.exec()


class Desktop(QObject):
    """Owns the windows and what stands behind them; nothing here waits, except `close`."""

    _slept = Signal()
    _exchanged = Signal(str, str)
    """What the language model was asked, and its answer."""

    def __init__(self, settings: Settings, *, watches_screen: bool = True) -> None:
        super().__init__()
        self._is_demo = False
        self._plan: ShowPlan | None = None
        self._first_run: FirstRunDesk | None = None
        self._conflicts: tuple[str, ...] = ()
        self._server = ControlServer(address(), self.answer, self)
        self._server.listen()
        wish = settings.overlay
        self._look = look = look_of(wish)
        QApplication.setFont(look.font(MESSAGE_FONT_PX))
        self._keys = KeysDesk(settings.hotkeys, self)
        self.settings = SettingsDesk(settings, look, self._keys.is_free, self)
        self._overlay = Overlay(look)
        self._overlay.set_opacity(wish.opacity)
        self._overlay.set_locked(wish.locked)
        self._overlay.set_on_top(wish.always_on_top)
        at = (wish.x, wish.y) if wish.x is not None and wish.y is not None else None
        self._placement = Placement(self._overlay, wish.monitor, wish.places, at, self)
        self._is_click_through = wish.click_through
        self._notice = Notice(look)
        self._bridge = Bridge(self)
        self._model_view: ModelView | None = None
        self._show_model(settings.coach.show_model)
        self._tray = Tray(look, self)
        self._desk = ScreenDesk(settings, look, self)
        self.stream = StreamDesk(settings.stream, look, self)
        self._plans = PlanDesk(look, self)
        self.show = ShowDesk(
            (self._bridge.post, self.stream.post, self._hear),
            self._bridge.show_product,
            self._exchanged.emit,
            watches_screen=watches_screen,
            parent=self,
        )
        self._senses = SensesDesk(look, settings, self.show, self)
        self.obs = ObsDesk(settings.obs, self.show, self.stream.picture, self)
        self.remote = RemoteDesk(self)
        self.components = ComponentsDesk(lambda: component_source(self.settings.now), self)
        self.updates = UpdatesDesk(updates, lambda: self.show.is_wanted, self)
        self.history = HistoryDesk(look, kept_shows(), self)
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
        self._connect()
        self._keys.hold()
        self._power = PowerWatch(lambda: None, self._slept.emit)

    def begin(self, plan: ShowPlan | None, *, waits: bool = False) -> None:
        """Show the overlay and begin a show: the microphone's with `plan`, or else the demo; at first, the first run.

        One that `waits` is there, and does neither.
        """
        self._plan = plan
        self.show.tidy(self.settings.now)
        self._tray.show()
        self._hide_from_capture()
        self.updates.begin(self.settings.now.updates)
        if waits:
            self._show_switches()
            return
        if plan is not None and self.settings.now.app.first_run != "done":
            self._show_switches()
            self.open_first_run()
            return
        self._begin_at_once()

    def _begin_at_once(self) -> None:
        self._show_overlay(is_shown=True)
        wish = self.settings.now.obs
        if self._plan is not None and wish.is_on and wish.follows_stream:
            self._tell(self.tr("The show begins with your stream."))
        else:
            self._begin_show(self._plan)
        self._show_switches()

    def say(self, title: str, sentence: str) -> None:
        """Say something that the user should know."""
        self._notice.say(title, sentence)

    def close(self) -> None:
        """End the show and keep what was said."""
        self._overlay.hide()
        self._notice.close()
        if self._model_view is not None:
            self._model_view.close()
        self._tray.close()
        self._desk.close()
        self.stream.close()
        self._plans.close()
        self._senses.close()
        self.history.close()
        if self._first_run is not None:
            self._first_run.close()
        self.obs.close()
        self.remote.close()
        self.components.close()
        self.updates.close()
        self.settings.close()
        self._power.close()
        self.show.close()
        self._server.close()
        self._keys.close()

    def _begin_show(self, plan: ShowPlan | None) -> None:
        self._is_demo = plan is None
        self._show_overlay(is_shown=True)
        self._bridge.post(Status(0, "recogniser", "loading"))
        self.show.begin(plan, self.settings.now)

    def _connect(self) -> None:
        self._bridge.state_changed.connect(self._overlay.render_state)
        self._bridge.state_changed.connect(self._show_switches)
        self._bridge.state_changed.connect(self.stream.show_state)
        self._bridge.news.connect(self._tell)
        self.show.planned.connect(self.stream.begin)
        self.show.failed.connect(self._explain)
        self.show.refused.connect(self._tell)
        self.show.started.connect(self._attach_screen)
        self.show.started.connect(self._show_switches)
        self.show.ended.connect(self._after_show)
        self.show.kept.connect(self._offer_report)
        self.show.said.connect(self._tell)
        self.history.said.connect(self._tell)
        self.stream.said.connect(self._tell)
        self.stream.changed.connect(lambda wish: self.settings.change(stream=wish))
        self.settings.changed.connect(self._use)
        self.settings.said.connect(self._tell)
        self.settings.place_requested.connect(self._choose_place)
        self.settings.password_given.connect(self.obs.keep_password)
        self.settings.connect_requested.connect(self._connect_obs)
        self.settings.remote_key_given.connect(self.remote.keep_key)
        self.settings.remote_check_requested.connect(lambda: self.remote.check(self.settings.now.remote))
        self.settings.keys_recorded.connect(self._keys.rest)
        self.remote.state_changed.connect(self.settings.show_remote_state)
        self.settings.opened.connect(self.components.look)
        self.settings.component_pressed.connect(self.components.press)
        self.components.offer_changed.connect(self.settings.show_component)
        self.components.said.connect(self._tell)
        self.settings.update_pressed.connect(self.updates.press)
        self.updates.offer_changed.connect(self.settings.show_update)
        self.updates.offered.connect(self._offer_update)
        self.updates.said.connect(self._tell)
        self.remote.said.connect(self._tell)
        self.remote.key_kept.connect(self.show.renew_remote)
        self.obs.said.connect(self._tell)
        self.obs.state_changed.connect(self._show_obs)
        self.obs.streaming_changed.connect(self._follow_stream)
        self.obs.source_made.connect(self._show_source)
        self.stream.window_wanted.connect(self._add_window)
        self.stream.browser_wanted.connect(self._add_browser)
        self._placement.changed.connect(self._remember_place)
        self._overlay.tip_dismissed.connect(self._dismiss)
        self._tray.coaching_requested.connect(self._switch_coaching)
        self._tray.visibility_requested.connect(self._show_overlay)
        self._tray.click_through_requested.connect(self._set_click_through)
        self._tray.plan_requested.connect(self.edit_plan)
        self._tray.show_requested.connect(self._switch_show)
        self._tray.settings_requested.connect(self.settings.open)
        self._tray.senses_requested.connect(self._senses.open)
        self._tray.history_requested.connect(self.history.open)
        self._plans.saved.connect(self._keep_plan)
        self._overlay.resized.connect(self._keep_size)
        self._overlay.menu_requested.connect(self._tray.menu.popup)
        self._tray.stream_requested.connect(self.stream.open_panel)
        self._tray.quit_requested.connect(self._quit)
        self._tray.lock_requested.connect(self._lock)
        self._tray.hide_all_requested.connect(self._hide_all)
        self._tray.watching_requested.connect(self._watch_screen)
        self._tray.screen_picker_requested.connect(self._desk.open)
        self._desk.settings_changed.connect(self._keep_screen)
        self._exchanged.connect(self._note_exchange)
        self._keys.pressed.connect(self._do)
        self._keys.conflicted.connect(self._tell_conflicts)
        self._keys.said.connect(self._tell)
        self._slept.connect(self.show.wake)
        self._slept.connect(self.obs.retry)

    def _tell_conflicts(self, actions: tuple[str, ...]) -> None:
        self.settings.show_taken_hotkeys(actions)
        is_known, self._conflicts = actions == self._conflicts, actions
        if self._first_run is not None:
            self._first_run.show_conflicts(actions)
        elif actions and not is_known:
            names = ", ".join(getattr(self.settings.now.hotkeys, action) for action in actions)
            sentence = self.tr("Another program has {keys} – choose other keys in the settings, or use the tray.")
            self._notice.say(self.tr("Hotkey taken"), sentence.format(keys=names))

    def _do(self, action: str) -> None:
        if self._first_run is not None and self._first_run.wants_keys:
            self._first_run.show_pressed(action)
        else:
            self.actions[action]()

    def _use(self, before: Settings, after: Settings) -> None:
        """Let every part go on with other settings."""
        if after.app.language != before.app.language:
            install_translation(_application(), after.app.language, resource_path(""))
            self._use_look(self._look)
        if after.overlay != before.overlay:
            self._use_overlay(before.overlay, after.overlay)
        if after.hotkeys != before.hotkeys:
            self._keys.use(after.hotkeys)
        if after.coach.show_model != before.coach.show_model:
            self._show_model(after.coach.show_model)
        if self._first_run is not None:
            self._first_run.take_settings(after)
        self.show.use(after)
        self._desk.use(after)
        self.stream.use(after.stream)
        self._senses.use(after)
        self.obs.use(after.obs)

    def _show_model(self, is_on: bool) -> None:  # noqa: FBT001 - it is the value
        """Have the window with what the language model is asked, or none."""
        view, self._model_view = self._model_view, None
        if view is not None:
            view.close()
            view.deleteLater()
        if is_on:
            self._model_view = ModelView(self._look)
            self._model_view.show()

    def _note_exchange(self, prompt: str, answer: str) -> None:
        if (view := self._model_view) is not None:
            view.post(prompt, answer)

    def _use_look(self, look: Look) -> None:
        """Let every window take another look, or another language."""
        self._look = look
        QApplication.setFont(look.font(MESSAGE_FONT_PX))
        self._overlay.set_look(look)
        windows = (self._desk, self.stream, self.settings, self._plans, self._senses, self.history)
        for part in (self._tray, self._notice, *windows):
            part.use_look(look)
        self._show_switches()

    def _use_overlay(self, before: OverlaySettings, after: OverlaySettings) -> None:
        if look_parts(after) != look_parts(before):
            self._use_look(look_of(after))
        self._overlay.set_opacity(after.opacity)
        self._overlay.set_locked(after.locked)
        self._overlay.set_on_top(after.always_on_top)
        if after.hide_from_capture != before.hide_from_capture or after.always_on_top != before.always_on_top:
            self._hide_from_capture()
        if after.click_through != before.click_through:
            self._set_click_through(after.click_through)
        self._show_switches()

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
            case "begin" | "end":
                self._switch_show(command == "begin")
                return {"sentence": f"The show {'begins' if command == 'begin' else 'ends; it is kept'}."}
            case "settings":
                self.settings.open()
                return {"sentence": "The settings are open."}
            case "history":
                self.history.open()
                return {"sentence": "Your past shows are open."}
            case "quit":
                QTimer.singleShot(0, self._quit)
                return {"sentence": "MartLive ends; your session is kept."}
            case _:
                state = self._bridge.state
                return {
                    "sentence": f"Coaching is {'on' if state.is_coaching else 'off'}; hearing: {state.hearing}.",
                    "coaching": state.is_coaching,
                    "hearing": state.hearing,
                    "show": self.show.is_wanted,
                    "shown": not self._overlay.isHidden(),
                    "watching": state.watching,
                    "tip": state.tip.text if state.tip else None,
                    "pid": os.getpid(),
                }

    def _switch_coaching(self, is_on: bool) -> None:  # noqa: FBT001 - connected to a signal that carries a bool
        if (live := self.show.live) is not None:
            live.toggle(is_on)

    def _dismiss(self) -> None:
        if not self._bridge.end_repeat() and (live := self.show.live) is not None:
            live.dismiss()

    def _mark(self) -> bool:
        if (live := self.show.live) is None:
            return False
        live.mark()
        return True

    def _go_on(self) -> str:
        """Put the plan's next item on, and say what came of it."""
        if (live := self.show.live) is None:
            return NO_SHOW
        if not self.stream.has_items:
            return "There is no next item; add products to your plan."
        live.next_item()
        return "The next item is on."

    def _hide_all(self) -> None:
        """Nothing that is only for the streamer is on the screen any more; coaching goes on, and OBS keeps its window."""
        self._notice.close()
        self._desk.picker.hide()
        self.stream.hide()
        self._plans.hide()
        self._senses.hide()
        self.history.hide()
        self.settings.hide()
        if self._first_run is not None:
            self._first_run.window.hide()
        if self._model_view is not None:
            self._model_view.hide()
        self._show_overlay(is_shown=False)

    def _lock(self, is_on: bool) -> None:  # noqa: FBT001 - connected to a signal that carries a bool
        self.settings.change(overlay=self.settings.now.overlay.model_copy(update={"locked": is_on}))

    def _show_overlay(self, is_shown: bool) -> None:  # noqa: FBT001 - connected to a signal that carries a bool
        self._overlay.setVisible(is_shown)
        if is_shown:
            self._overlay.set_click_through(self._is_click_through)
        self._show_switches()

    def _set_click_through(self, is_on: bool) -> None:  # noqa: FBT001 - connected to a signal that carries a bool
        self._is_click_through = is_on
        self._overlay.set_click_through(is_on)
        self._show_switches()

    def _attach_screen(self) -> None:
        if (watch := self.show.watch) is not None:
            watch.on_glimpse = self._senses.take_picture
            self._desk.attach(watch)

    def _watch_screen(self, is_on: bool) -> None:  # noqa: FBT001 - connected to a signal that carries a bool
        if (watch := self.show.watch) is not None:
            watch.pictures.pause(not is_on)

    def _keep_screen(self, changed: Settings) -> None:
        self.settings.change(screen=changed.screen, chat=changed.chat, obs=changed.obs)

    def _show_switches(self, _state: object = None) -> None:
        state = self._bridge.state
        self._desk.tell(state.watching_detail if state.watching == "lost" else "")
        self._tray.show_switches(
            is_coaching=state.is_coaching,
            is_shown=not self._overlay.isHidden(),
            is_click_through=self._is_click_through,
            is_locked=self.settings.now.overlay.locked,
            watching=state.watching,
            is_running=self.show.is_wanted,
        )

    def _remember_place(self, monitor: str, places: dict[str, tuple[int, int]]) -> None:
        at = {"x": self._overlay.x(), "y": self._overlay.y(), "monitor": monitor, "places": places}
        self.settings.change(overlay=self.settings.now.overlay.model_copy(update=at))

    def edit_plan(self) -> None:
        """Open the plan editor."""
        self._plans.open(self.settings.now.show)

    def open_first_run(self) -> None:
        """Lead through the first steps, from where they were left."""
        if self._first_run is None:
            from martlive_desktop.desktop_first_run import FirstRunDesk, real_parts

            parts = real_parts(keep_obs_password, obs_password)
            spoken = self.settings.now.recogniser.language or "en"
            self._first_run = run = FirstRunDesk(
                self.settings.now,
                self._look,
                parts,
                spoken_language=spoken,
                starts_at_login=autostart.is_on(),
                parent=self,
            )
            run.settings_changed.connect(self.settings.take)
            run.finished.connect(self._begin_again)
            run.left.connect(self._begin_again)
            run.settings_requested.connect(self.settings.open)
            run.source_requested.connect(self.stream.add_source)
            run.autostart_chosen.connect(self.settings.switch_autostart)
            run.spoken_language_chosen.connect(self._keep_language)
            run.language_chosen.connect(self._keep_tip_language)
            run.show_conflicts(self._keys.conflicts)
        self._first_run.open()

    def _begin_again(self) -> None:
        """The first run is over, or left: coach, unless a show runs already."""
        if not self.show.is_wanted:
            self._begin_at_once()

    def _keep_language(self, language: str) -> None:
        self.settings.change(recogniser=self.settings.now.recogniser.model_copy(update={"language": language}))
        if self._plan is not None and not self.settings.now.show.plan:
            self._plan = dataclasses.replace(self._plan, language=language)

    def _keep_tip_language(self, language: str) -> None:
        """Who reads windows in a language reads tips in it, too."""
        tips = language.partition("_")[0]
        self.settings.change(coach=self.settings.now.coach.model_copy(update={"language": tips}))

    def _keep_plan(self, saved: SavedPlan) -> None:
        self._plan = saved.plan
        self.settings.change(show=self.settings.now.show.model_copy(update={"plan": str(saved.path)}))
        self._tell(self.tr("Your plan is saved; it is used from the next show on."))

    def _keep_size(self, font_px: int) -> None:
        self.settings.change(overlay=self.settings.now.overlay.model_copy(update={"font_px": font_px}))

    def _choose_place(self, field: str) -> None:
        """Open the window in which `field` is chosen."""
        match field:
            case "show.plan":
                self.edit_plan()
            case "app.first_run":
                self.open_first_run()
            case "overlay.x":
                self._placement.forget()
            case _:
                self._desk.open()

    def _switch_show(self, is_on: bool) -> None:  # noqa: FBT001 - connected to a signal that carries a bool
        if is_on:
            self._begin_show(self._plan)
        else:
            self.show.end()
        self._show_switches()

    def _follow_stream(self, is_streaming: bool) -> None:  # noqa: FBT001 - connected to a signal that carries a bool
        """The show begins and ends with the stream, where the user wants that."""
        if self.settings.now.obs.follows_stream and is_streaming != self.show.is_wanted and not self._is_first_run():
            self._switch_show(is_streaming)

    def _is_first_run(self) -> bool:
        return self._first_run is not None and self._first_run.window.isVisible()

    def _connect_obs(self) -> None:
        wish = self.settings.now.obs
        if wish.is_on:
            self.obs.retry()
        else:
            self.settings.change(obs=wish.model_copy(update={"is_on": True}))

    def _add_window(self) -> None:
        self._ask_obs(self.obs.add_window)

    def _add_browser(self, url: str) -> None:
        width, height = LAYOUTS[self.settings.now.stream.size].width, LAYOUTS[self.settings.now.stream.size].height
        self._ask_obs(lambda: self.obs.add_browser(url, width, height))

    def _ask_obs(self, ask: Callable[[], None]) -> None:
        """Who adds a source wants OBS to be asked."""
        if not self.settings.now.obs.is_on:
            self._connect_obs()
        ask()

    def _show_source(self, is_shown: bool, sentence: str) -> None:  # noqa: FBT001 - connected to a signal
        self.stream.show_source(is_shown, sentence)
        if self._first_run is not None:
            self._first_run.show_source_result(is_shown, sentence)

    def _show_obs(self, state: ObsState) -> None:
        self.stream.is_on_air = state.is_streaming
        if state.is_connected:
            sentence = self.tr("Connected to OBS {version}.").format(version=state.version)
        else:
            sentence = translated(state.trouble)
        self.settings.show_obs_state(sentence)

    def _hide_from_capture(self) -> None:
        """Ask the system, and say what it really does."""
        state = hide_from_capture(int(self._overlay.winId()), on=self.settings.now.overlay.hide_from_capture)
        self.settings.show_capture_state(
            {
                "hidden": self.tr(
                    "Your system says that it leaves the overlay out; try a recording before you rely on it."
                ),
                "shown": self.tr("Whoever records the whole screen records the overlay, too."),
                "cannot": self.tr("Your system cannot leave a window out; record single windows, not the screen."),
            }[state]
        )

    def _hear(self, event: LogEvent) -> None:
        self._senses.post(event)
        self.obs.post(event)

    def _quit(self) -> None:
        """End, unless a plan is not saved yet: the editor asks then."""
        if self._plans.may_quit():
            QApplication.quit()

    def _after_show(self) -> None:
        self._show_switches()
        error = self.show.error
        if error is not None:
            self._explain(error)
        elif self._is_demo:
            QTimer.singleShot(LAST_TIP_MS, QApplication.quit)

    def _offer_report(self, session_id: str) -> None:
        """A show is over and kept: its report is a click away, and nobody is asked."""

        def show() -> None:
            self.history.open_report(session_id)

        self.history.refresh()
        if not self._tray.tell(self.tr("Your report is ready. Click here to open it."), show):
            sentence = self.tr("See what went well, and one thing to work on.")
            self._notice.offer(self.tr("Your report is ready"), sentence, self.tr("Open report"), show)

    def _offer_update(self, sentence: str) -> None:
        if not self._tray.tell(self.tr("{update} Click here to fetch it.").format(update=sentence), self.updates.fetch):
            self._notice.offer(self.tr("A newer MartLive"), sentence, self.tr("Fetch it"), self.updates.fetch)

    def _tell(self, sentence: str) -> None:
        if not self._tray.tell(sentence):
            self._notice.say(self.tr("Good to know"), sentence)

    def _explain(self, error: MartLiveError) -> None:
        part = "microphone" if isinstance(error, MicrophoneUnavailable) else "recogniser"
        self._bridge.post(Status(0, part, "lost", str(error)))
        if isinstance(error, MicrophoneUnavailable):
            self._notice.offer(self.tr("No microphone"), str(error), self.tr("Watch the demo show"), self._begin_demo)
        else:
            self._notice.say(self.tr("MartLive cannot hear yet"), str(error))

    def _begin_demo(self) -> None:
        self._begin_show(None)


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
