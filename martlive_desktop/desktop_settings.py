"""The settings of the running program: changed in one place, kept on the disk, told to every part, and their window."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal

from martlive_desktop.adapters import autostart
from martlive_desktop.core.errors import MartLiveError, SettingsInvalid
from martlive_desktop.places import model_store, settings_path
from martlive_desktop.settings import save_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from martlive_desktop.core.hotkeys import Combination
    from martlive_desktop.settings import Settings
    from martlive_desktop.ui.settings_controls import Offer
    from martlive_desktop.ui.settings_window import SettingsChoices, SettingsWindow
    from martlive_desktop.ui.theme import Look

log = logging.getLogger(__name__)

HERE = frozenset({"installed", "package"})
"""Where a model is ready to be used."""


class SettingsDesk(QObject):
    """Holds what is set now; every change is saved before it is told."""

    changed = Signal(object, object)
    """The `Settings` before and after."""
    said = Signal(str)
    """One sentence for the streamer."""
    place_requested = Signal(str)
    """The field that is chosen in another window."""
    password_given = Signal(str)
    connect_requested = Signal()
    remote_key_given = Signal(str)
    remote_check_requested = Signal()
    component_pressed = Signal()
    update_pressed = Signal()
    opened = Signal()
    keys_recorded = Signal(bool)
    """While it is on, no key may do its action."""
    _listed = Signal(object)

    def __init__(
        self, settings: Settings, look: Look, is_free: Callable[[Combination], bool], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.now = settings
        self._look = look
        self._is_free = is_free
        self._window: SettingsWindow | None = None
        self._obs_state = self._capture_state = self._remote_state = ""
        self._component: Offer | None = None
        self._update: Offer | None = None
        self._taken: Collection[str] = ()
        self._lister: threading.Thread | None = None
        self._listed.connect(self._offer, Qt.ConnectionType.QueuedConnection)

    def change(self, **groups: object) -> None:
        """Take other groups, such as `overlay`, in place of those that are."""
        self.take(self.now.model_copy(update=groups))

    def take(self, settings: Settings) -> None:
        """Hold to `settings` from now on."""
        before, self.now = self.now, settings
        if before == settings:
            return
        try:
            save_settings(settings, settings_path())
        except SettingsInvalid as exc:
            self.said.emit(str(exc))
        if self._window is not None and self._window.settings != settings:
            self._window.show_settings(settings)
        self.changed.emit(before, settings)

    def open(self, field: str = "") -> None:
        """Show the window, with `field` in it."""
        if self._window is None:
            from martlive_desktop.ui.settings_window import SettingsWindow

            self._window = window = SettingsWindow(self._look, self.now, is_free=self._is_free)
            window.changed.connect(self.take)
            window.place_requested.connect(self.place_requested)
            window.obs_password_kept.connect(self.password_given)
            window.obs_connect_requested.connect(self.connect_requested)
            window.remote_key_kept.connect(self.remote_key_given)
            window.remote_check_requested.connect(self.remote_check_requested)
            window.component_pressed.connect(self.component_pressed)
            window.update_pressed.connect(self.update_pressed)
            window.autostart_chosen.connect(self.switch_autostart)
            window.hotkeys_recording.connect(self.keys_recorded)
        self._window.show_obs_state(self._obs_state)
        self._window.show_remote_state(self._remote_state)
        self._window.show_component(self._component)
        if self._update is not None:
            self._window.show_update(self._update)
        self._window.show_capture_state(self._capture_state)
        self._window.show_taken_hotkeys(self._taken)
        self._window.show_autostart(autostart.is_on())
        self._window.show()
        self._window.raise_()
        self._window.activateWindow()
        if field:
            self._window.turn_to(field)
        self._list()
        self.opened.emit()

    def hide(self) -> None:
        """Take the window off the screen."""
        if self._window is not None:
            self._window.hide()

    def use_look(self, look: Look) -> None:
        """Take another theme or size."""
        self._look = look
        if self._window is not None:
            self._window.show_look(look)

    def switch_autostart(self, is_on: bool) -> None:  # noqa: FBT001 - connected to a signal that carries a bool
        """Start MartLive with the computer, or not any more."""
        try:
            autostart.switch(on=is_on)
        except MartLiveError as exc:
            self.said.emit(str(exc))
        if self._window is not None:
            self._window.show_autostart(autostart.is_on())

    def show_obs_state(self, sentence: str) -> None:
        """Say how things stand with OBS."""
        self._obs_state = sentence
        if self._window is not None:
            self._window.show_obs_state(sentence)

    def show_remote_state(self, sentence: str) -> None:
        """Say how things stand with the remote coach."""
        self._remote_state = sentence
        if self._window is not None:
            self._window.show_remote_state(sentence)

    def show_component(self, offer: Offer | None) -> None:
        """Say how things stand with the libraries for the graphics card."""
        self._component = offer
        if self._window is not None:
            self._window.show_component(offer)

    def show_update(self, offer: Offer) -> None:
        """Say how things stand with updates."""
        self._update = offer
        if self._window is not None:
            self._window.show_update(offer)

    def show_capture_state(self, sentence: str) -> None:
        """Say whether recordings really leave the overlay out."""
        self._capture_state = sentence
        if self._window is not None:
            self._window.show_capture_state(sentence)

    def show_taken_hotkeys(self, actions: Collection[str]) -> None:
        """Another program has the keys of `actions`."""
        self._taken = actions
        if self._window is not None:
            self._window.show_taken_hotkeys(actions)

    def close(self) -> None:
        if self._lister is not None:
            self._lister.join()
        if self._window is not None:
            self._window.close()
            self._window.deleteLater()
            self._window = None

    def _list(self) -> None:
        """Look for what can be chosen on this computer, beside the Qt thread."""
        if self._lister is None or not self._lister.is_alive():
            self._lister = threading.Thread(target=lambda: self._listed.emit(_choices()), name="martlive-choices")
            self._lister.start()

    def _offer(self, choices: SettingsChoices) -> None:
        if self._window is not None:
            self._window.show_choices(choices)


def _choices() -> SettingsChoices:
    from martlive_desktop.adapters.devices import list_microphones
    from martlive_desktop.adapters.screen_grab import list_monitors
    from martlive_desktop.ui.settings_window import SettingsChoices

    models = [one for one in model_store().list() if one.where in HERE]
    return SettingsChoices(
        microphones=_names(list_microphones),
        monitors=_names(list_monitors),
        speech_models=tuple(one.name for one in models if one.task == "speech"),
        writer_models=tuple(one.name for one in models if one.task == "writing"),
    )


def _names(find: Callable[[], Collection[object]]) -> tuple[str, ...]:
    """The names of what `find` finds; nothing where the system does not say."""
    try:
        return tuple(str(getattr(one, "name")) for one in find())  # noqa: B009 - two kinds, one attribute
    except MartLiveError as exc:
        log.info("nothing to choose from", extra={"reason": type(exc).__name__})
        return ()
