"""Hotkeys on a real X server, pressed with xdotool."""

from __future__ import annotations

import queue
import subprocess
import sys
import threading
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from Xlib import XK, X
from Xlib.display import Display
from Xlib.ext import xtest

from martlive_desktop.adapters import hotkeys_thread
from martlive_desktop.adapters.hotkeys_x11 import X11Hotkeys
from martlive_desktop.core.errors import MartLiveError, SettingsInvalid
from martlive_desktop.core.hotkeys import parse
from tests.desktop.xvfb import VirtualScreen, virtual_screen

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [
    pytest.mark.real,
    pytest.mark.timeout(60),
    pytest.mark.skipif(sys.platform != "linux", reason="X11 is Linux'"),
]

WITHIN_S = 10.0


@pytest.fixture(scope="module")
def screen() -> Iterator[VirtualScreen]:
    with virtual_screen() as running:
        yield running


class Held:
    """Hotkeys, and what was pressed."""

    def __init__(self, screen: VirtualScreen, **wanted: str) -> None:
        self.pressed: queue.Queue[str] = queue.Queue()
        self.screen = screen
        self.keys = X11Hotkeys(wanted, self.pressed.put, screen.name)

    def press(self, keys: str) -> None:
        self.screen.xdotool("key", keys)

    def next(self) -> str:
        return self.pressed.get(timeout=WITHIN_S)


@contextmanager
def held(screen: VirtualScreen, **wanted: str) -> Iterator[Held]:
    hotkeys = Held(screen, **wanted)
    with closing(hotkeys.keys):
        yield hotkeys


@contextmanager
def layout(screen: VirtualScreen, name: str) -> Iterator[None]:
    def switch(to: str) -> None:
        subprocess.run(["setxkbmap", "-display", screen.name, to], check=True, stderr=subprocess.DEVNULL)

    switch(name)
    try:
        yield
    finally:
        switch("us")


def test_press_is_told_by_the_name_of_its_action(screen: VirtualScreen) -> None:
    with held(screen, toggle="ctrl+alt+m", mark="f9", hide_all="super+shift+pageup") as hotkeys:
        assert not hotkeys.keys.conflicts
        hotkeys.press("ctrl+alt+m")
        hotkeys.press("F9")
        hotkeys.press("super+shift+Prior")
        assert [hotkeys.next(), hotkeys.next(), hotkeys.next()] == ["toggle", "mark", "hide_all"]


def test_other_modifiers_are_other_keys(screen: VirtualScreen) -> None:
    with held(screen, toggle="ctrl+alt+m", mark="f9") as hotkeys:
        hotkeys.press("ctrl+m")
        hotkeys.press("ctrl+alt+shift+m")
        hotkeys.press("F9")
        assert hotkeys.next() == "mark"


@pytest.mark.parametrize("lock", ["Caps_Lock", "Num_Lock"])
def test_locks_do_not_matter(screen: VirtualScreen, lock: str) -> None:
    with held(screen, toggle="ctrl+alt+m") as hotkeys:
        hotkeys.press(lock)
        try:
            hotkeys.press("ctrl+alt+m")
            assert hotkeys.next() == "toggle"
        finally:
            hotkeys.press(lock)


def test_keys_of_another_program_are_a_conflict_until_it_ends(screen: VirtualScreen) -> None:
    with held(screen, other="ctrl+alt+m") as other, held(screen, toggle="ctrl+alt+m", mark="ctrl+alt+f") as hotkeys:
        assert list(hotkeys.keys.conflicts) == ["toggle"]
        assert not hotkeys.keys.is_free(parse("ctrl+alt+m"))
        other.keys.close()
        assert hotkeys.keys.is_free(parse("ctrl+alt+m"))
        hotkeys.keys.rebind({"toggle": "ctrl+alt+m", "mark": "ctrl+alt+f"})
        assert not hotkeys.keys.conflicts
        hotkeys.press("ctrl+alt+m")
        assert hotkeys.next() == "toggle"


def test_second_action_with_the_same_keys_is_a_conflict(screen: VirtualScreen) -> None:
    with held(screen, toggle="ctrl+alt+m", mark="alt+ctrl+m") as hotkeys:
        assert hotkeys.keys.conflicts == ("mark",)


def test_keys_of_our_own_are_free_and_stay_held(screen: VirtualScreen) -> None:
    with held(screen, toggle="ctrl+alt+m") as hotkeys:
        assert hotkeys.keys.is_free(parse("ctrl+alt+m"))
        hotkeys.press("ctrl+alt+m")
        assert hotkeys.next() == "toggle"


def test_asking_whether_keys_are_free_takes_none(screen: VirtualScreen) -> None:
    with held(screen, toggle="ctrl+alt+m") as hotkeys:
        assert hotkeys.keys.is_free(parse("ctrl+alt+f"))
        with held(screen, mark="ctrl+alt+f") as other:
            assert not other.keys.conflicts


def test_new_keys_replace_the_old_ones(screen: VirtualScreen) -> None:
    with held(screen, toggle="ctrl+alt+m") as hotkeys:
        hotkeys.keys.rebind({"toggle": "ctrl+alt+j"})
        hotkeys.press("ctrl+alt+m")
        hotkeys.press("ctrl+alt+j")
        assert hotkeys.next() == "toggle"
        hotkeys.keys.close()
        assert hotkeys.pressed.empty()


def test_text_that_is_no_keys_changes_nothing(screen: VirtualScreen) -> None:
    with held(screen, toggle="ctrl+alt+m") as hotkeys:
        with pytest.raises(SettingsInvalid):
            hotkeys.keys.rebind({"toggle": "m"})
        hotkeys.press("ctrl+alt+m")
        assert hotkeys.next() == "toggle"


def test_key_that_the_keyboard_lacks_is_a_conflict_and_takes_no_others(screen: VirtualScreen) -> None:
    display = Display(screen.name)
    lacks = next(f"F{i}" for i in range(13, 25) if not display.keysym_to_keycode(XK.string_to_keysym(f"F{i}")))
    display.close()
    with held(screen, toggle=f"ctrl+alt+{lacks.lower()}", mark="ctrl+alt+f") as hotkeys:
        assert hotkeys.keys.conflicts == ("toggle",)
        hotkeys.press("ctrl+alt+f")
        assert hotkeys.next() == "mark"


def test_held_key_counts_once(screen: VirtualScreen) -> None:
    with held(screen, toggle="ctrl+alt+m", mark="f9") as hotkeys:
        repeats: queue.Queue[int] = queue.Queue()
        hotkeys.keys._display.next_event = _counting(hotkeys.keys._display.next_event, repeats)  # type: ignore[method-assign]
        screen.xdotool("keydown", "ctrl", "keydown", "alt", "keydown", "m")
        try:
            for _ in range(6):
                repeats.get(timeout=WITHIN_S)
        finally:
            screen.xdotool("keyup", "m", "keyup", "alt", "keyup", "ctrl")
        hotkeys.press("F9")
        assert [hotkeys.next(), hotkeys.next()] == ["toggle", "mark"]


def _counting(next_event: Any, repeats: queue.Queue[int]) -> Any:
    def read() -> Any:
        event = next_event()
        if event.type == X.KeyPress:
            repeats.put(event.time)
        return event

    return read


def test_layout_without_latin_letters_has_them_by_position(screen: VirtualScreen) -> None:
    with layout(screen, "ru"), held(screen, toggle="ctrl+alt+m") as hotkeys:
        hotkeys.press("ctrl+alt+Cyrillic_softsign")
        assert hotkeys.next() == "toggle"


def test_keys_follow_their_letters_to_a_new_layout(screen: VirtualScreen) -> None:
    with held(screen, toggle="ctrl+alt+a") as hotkeys, layout(screen, "fr"):
        display = Display(screen.name)
        # On a French keyboard A lies where Q lies on a US one.
        while display.keysym_to_keycode(XK.XK_a) != 24:
            display.close()
            display = Display(screen.name)
        display.close()
        # With the first answer the change has arrived, with the second it has been read.
        assert hotkeys.keys.is_free(parse("ctrl+alt+f"))
        assert hotkeys.keys.is_free(parse("ctrl+alt+f"))
        hotkeys.press("ctrl+alt+a")
        assert hotkeys.next() == "toggle"


def test_no_display_is_one_sentence() -> None:
    with pytest.raises(MartLiveError, match="use `martlive toggle`"):
        X11Hotkeys({}, lambda _action: None, "nonsense")


def test_system_that_hangs_is_one_sentence(screen: VirtualScreen, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hotkeys_thread, "ANSWER_WITHIN_S", 0.01)
    is_busy, is_over = threading.Event(), threading.Event()

    def hang(_action: str) -> None:
        is_busy.set()
        is_over.wait(WITHIN_S)

    with closing(X11Hotkeys({"toggle": "f9"}, hang, screen.name)) as keys:
        screen.xdotool("key", "F9")
        assert is_busy.wait(WITHIN_S)
        with pytest.raises(MartLiveError, match="does not answer"):
            keys.is_free(parse("f10"))
        is_over.set()


def test_closing_twice_is_fine(screen: VirtualScreen) -> None:
    with held(screen, toggle="ctrl+alt+m") as hotkeys:
        hotkeys.keys.close()
    with held(screen, toggle="ctrl+alt+m") as hotkeys:
        assert not hotkeys.keys.conflicts


def test_end_of_the_display_ends_the_thread_quietly() -> None:
    with virtual_screen() as other:
        keys = X11Hotkeys({"toggle": "ctrl+alt+m"}, lambda _action: None, other.name)
    keys._thread.join(WITHIN_S)
    assert not keys._thread.is_alive()
    keys.close()


def test_press_right_after_news_of_the_same_layout_is_not_lost(screen: VirtualScreen) -> None:
    others = {f"other_{i}": f"ctrl+alt+f{i}" for i in range(1, 11)}
    with held(screen, **others, mark="ctrl+alt+f") as hotkeys, closing(Display(screen.name)) as display:
        names = (XK.XK_Control_L, XK.XK_Alt_L, XK.XK_f)
        codes = [display.keysym_to_keycode(name) for name in names]
        first = display.display.info.min_keycode
        mapping = display.get_keyboard_mapping(first, 1)
        for _ in range(25):
            # All programs are told that the layout has changed, though it has not.
            display.change_keyboard_mapping(first, mapping)
            for kind, order in ((X.KeyPress, codes), (X.KeyRelease, codes[::-1])):
                for number, code in enumerate(order):
                    # A press in the millisecond of a release would be a key that is held.
                    xtest.fake_input(display, kind, code, time=0 if number else 3)
            display.sync()
            assert hotkeys.next() == "mark"
