"""The window "Settings": everything is found, changed, taken back and mended by keyboard alone."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QLabel,
    QLineEdit,
    QListWidget,
    QPlainTextEdit,
    QWidget,
)

from martlive_desktop.settings import (
    ChatSettings,
    HotkeySettings,
    OverlaySettings,
    Settings,
    save_settings,
    with_values,
)
from martlive_desktop.ui.fields import CHOSEN_SHARE
from martlive_desktop.ui.hotkey_field import HotkeyField
from martlive_desktop.ui.settings_fold import Fold
from martlive_desktop.ui.settings_leaves import leaves, value_of
from martlive_desktop.ui.settings_pages import PAGES
from martlive_desktop.ui.settings_rows import Row
from martlive_desktop.ui.settings_window import Files, SettingsChoices, SettingsWindow
from martlive_desktop.ui.settings_words import ELSEWHERE, HIDDEN, WORDS
from martlive_desktop.ui.theme import THEMES, Look, Theme, ThemeName
from martlive_desktop.ui.window_style import mix, surface_of
from tests.ui.test_theme import contrast

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from martlive_desktop.core.hotkeys import Combination

pytestmark = pytest.mark.qt_log_ignore("does not support propagateSizeHints")

CHOICES = SettingsChoices(microphones=("Blue Yeti", "USB Audio"), monitors=("DP-1",))
CTRL_ALT = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier
Part = TypeVar("Part", bound=QWidget)


class Desk:
    """What the window tells, and what it is told to choose."""

    def __init__(self) -> None:
        self.told: list[Settings] = []
        self.path: Path | None = None
        self.foreign: set[str] = set()

    def ask(self, _parent: QWidget, _purpose: Files) -> Path | None:
        return self.path

    def is_free(self, keys: Combination) -> bool:
        return str(keys) not in self.foreign


@pytest.fixture
def desk() -> Desk:
    return Desk()


def opened(qtbot: QtBot, look: Look, desk: Desk, settings: Settings | None = None) -> SettingsWindow:
    window = SettingsWindow(look, settings or Settings(), CHOICES, is_free=desk.is_free, ask=desk.ask)
    qtbot.addWidget(window)
    window.changed.connect(desk.told.append)
    with qtbot.waitExposed(window):
        window.show()
    window.activateWindow()
    return window


@pytest.fixture
def window(qtbot: QtBot, look: Look, desk: Desk) -> SettingsWindow:
    return opened(qtbot, look, desk)


def named(window: SettingsWindow, kind: type[Part], name: str) -> Part:
    return next(one for one in window.findChildren(kind) if one.isVisible() and one.accessibleName() == name)


def button(window: SettingsWindow, name: str) -> QAbstractButton:
    buttons = [one for one in window.findChildren(QAbstractButton) if one.isVisible()]
    return next(one for one in buttons if name == (one.accessibleName() or one.text()))


def names_of_buttons(window: SettingsWindow) -> set[str]:
    return {one.accessibleName() for one in window.findChildren(QAbstractButton) if one.isVisible()}


def press(widget: QWidget, key: Qt.Key = Qt.Key.Key_Space) -> None:
    widget.setFocus()
    QTest.keyClick(widget, key)


def do(window: SettingsWindow, keys: QKeySequence.StandardKey) -> None:
    QTest.keySequence(window.focusWidget(), QKeySequence(keys))


def search(window: SettingsWindow, text: str) -> None:
    do(window, QKeySequence.StandardKey.Find)
    QTest.keyClicks(window.focusWidget(), text)


def turn_to(window: SettingsWindow, title: str) -> None:
    pages = named(window, QListWidget, "Pages")
    pages.setFocus()
    QTest.keyClick(pages, Qt.Key.Key_Home)
    for _ in range([page.title for page in PAGES].index(title)):
        QTest.keyClick(pages, Qt.Key.Key_Down)


def retype(field: QWidget, text: str) -> None:
    field.setFocus()
    QTest.keySequence(field, QKeySequence(QKeySequence.StandardKey.SelectAll))
    QTest.keyClicks(field, text)
    QTest.keyClick(field, Qt.Key.Key_Return)


def record(window: SettingsWindow, label: str, key: Qt.Key) -> None:
    field = keys_of(window, label)
    press(field, Qt.Key.Key_Return)
    QTest.keyClick(field, key, CTRL_ALT)


def keys_of(window: SettingsWindow, label: str) -> HotkeyField:
    fields = [one for one in window.findChildren(HotkeyField) if one.isVisible()]
    return next(one for one in fields if one.accessibleName().startswith(f"{label}: "))


def labels(window: SettingsWindow) -> list[str]:
    """Every word that can be read, in its order."""
    return [one.text() for one in window.findChildren(QLabel) if one.isVisible() and one.text()]


# Finding


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("silence before", "Silence before a tip"),
        ("overlay.font_px", "Size of the text"),
        ("strain to hear", "Quiet voice below"),
        ("high contrast", "Colours"),
        ("GREET newcomers", "Tips that never come"),
        ("keyring", "Password of OBS"),
    ],
    ids=["label", "key", "reason", "choice", "kind of tip", "kept elsewhere"],
)
def test_search_finds_settings_of_all_pages(window: SettingsWindow, text: str, label: str) -> None:
    search(window, text)
    assert label in labels(window)


def test_search_says_on_which_page_each_setting_stands(window: SettingsWindow) -> None:
    search(window, "clicks")
    seen = labels(window)
    assert [text for text in seen if text in ("Look", "Keys")] == ["Look", "Keys"]
    assert "2 settings" in seen


def test_search_that_finds_nothing_teaches(window: SettingsWindow) -> None:
    search(window, "zebra")
    assert any("Try a plain word, such as microphone" in text for text in labels(window))


def test_escape_ends_the_search(window: SettingsWindow) -> None:
    search(window, "zebra")
    QTest.keyClick(window.focusWidget(), Qt.Key.Key_Escape)
    assert "How your tips look, and where they lie on your screen." in labels(window)


def test_many_matches_are_cut_short_and_said_so(window: SettingsWindow) -> None:
    search(window, "e")
    assert any(text.startswith("The first 30 of ") for text in labels(window))


def test_found_setting_is_changed_where_it_is_found(window: SettingsWindow, desk: Desk) -> None:
    search(window, "overlay.locked")
    press(named(window, QCheckBox, "Hold it in place"))
    assert desk.told[-1].overlay.locked
    turn_to(window, "Look")
    assert named(window, QCheckBox, "Hold it in place").isChecked()


def test_every_setting_has_a_row(window: SettingsWindow) -> None:
    for page in PAGES:
        turn_to(window, page.title)
    for fold in window.findChildren(Fold):
        fold.setChecked(True)
    assert {row.field for row in window.findChildren(Row) if row.field in WORDS} == set(leaves()) - set(HIDDEN)


def test_folded_section_opens_by_key(window: SettingsWindow) -> None:
    turn_to(window, "When tips come")
    assert "Silence before a tip" not in labels(window)
    press(button(window, "Silence"), Qt.Key.Key_Return)
    assert "Silence before a tip" in labels(window)


def test_program_leads_to_a_setting(window: SettingsWindow) -> None:
    window.turn_to("signals.pauses.selling_s")
    assert window.focusWidget().accessibleName() == "Silence before a tip"


# Changing


def test_yes_or_no(window: SettingsWindow, desk: Desk) -> None:
    press(named(window, QCheckBox, "Less motion"))
    assert desk.told == [with_values(Settings(), {"overlay.reduced_motion": True})]


def test_choice(window: SettingsWindow, desk: Desk) -> None:
    press(named(window, QComboBox, "Colours"), Qt.Key.Key_Down)
    assert desk.told[-1].overlay.theme == "light"


def test_number_is_typed(window: SettingsWindow, desk: Desk) -> None:
    retype(named(window, QDoubleSpinBox, "Size of the text"), "24")
    assert [told.overlay.font_px for told in desk.told] == [24]


def test_number_is_stepped_within_its_range(window: SettingsWindow, desk: Desk) -> None:
    opacity = named(window, QDoubleSpinBox, "Opacity of the overlay")
    press(opacity, Qt.Key.Key_Up)
    assert desk.told == []
    press(opacity, Qt.Key.Key_Down)
    assert desk.told[-1].overlay.opacity == 0.9


@pytest.mark.parametrize("typed", ["1,5", "1.5", "1.5 s"])
def test_number_takes_point_or_comma(window: SettingsWindow, desk: Desk, typed: str) -> None:
    turn_to(window, "Coach")
    retype(named(window, QDoubleSpinBox, "A tip stays for"), typed)
    assert desk.told[-1].coach.policy.screen_ms == 1_500


def test_wrong_number_is_marked_and_not_told(window: SettingsWindow, desk: Desk) -> None:
    field = named(window, QDoubleSpinBox, "Size of the text")
    retype(field, "40")
    assert field.property("wrong")
    assert "Choose a number from 12 to 32 px." in labels(window)
    assert field.accessibleDescription() == "Choose a number from 12 to 32 px."
    assert desk.told == []
    retype(field, "30")
    assert not field.property("wrong")
    assert desk.told[-1].overlay.font_px == 30


def test_line(window: SettingsWindow, desk: Desk) -> None:
    turn_to(window, "Chat")
    retype(named(window, QLineEdit, "Twitch channel"), " marta ")
    assert [told.chat.twitch for told in desk.told] == ["marta"]


def test_half_a_word_is_not_told(window: SettingsWindow, desk: Desk) -> None:
    turn_to(window, "Chat")
    line = named(window, QLineEdit, "Twitch channel")
    line.setFocus()
    QTest.keyClicks(line, "mar")
    assert desk.told == []
    window.close()
    assert desk.told[-1].chat.twitch == "mar"


def test_what_is_typed_stays_when_other_settings_come(window: SettingsWindow) -> None:
    turn_to(window, "Chat")
    line = named(window, QLineEdit, "Twitch channel")
    line.setFocus()
    QTest.keyClicks(line, "mar")
    window.show_settings(Settings(overlay=OverlaySettings(x=4, y=4)))
    assert line.text() == "mar"
    window.show_settings(Settings(chat=ChatSettings(twitch="other")))
    assert line.text() == "other"


def test_name_is_chosen_of_what_is_there(window: SettingsWindow, desk: Desk) -> None:
    turn_to(window, "Microphone and speech")
    microphones = named(window, QComboBox, "Microphone")
    assert [microphones.itemText(i) for i in range(3)] == ["The computer’s choice", "Blue Yeti", "USB Audio"]
    press(microphones, Qt.Key.Key_Down)
    assert desk.told[-1].microphone.device == "Blue Yeti"
    window.show_choices(SettingsChoices(microphones=("USB Audio",)))
    assert microphones.currentText() == "Blue Yeti (not here now)"


def test_name_is_written_where_none_is_known(window: SettingsWindow, desk: Desk) -> None:
    turn_to(window, "Microphone and speech")
    retype(named(window, QLineEdit, "Speech model"), "whisper-small")
    assert desk.told[-1].recogniser.model == "whisper-small"


def test_list_is_told_when_it_is_left(window: SettingsWindow, desk: Desk) -> None:
    turn_to(window, "Coach")
    area = named(window, QPlainTextEdit, "Words to avoid")
    area.setFocus()
    QTest.keyClicks(area, "cure")
    QTest.keyClick(area, Qt.Key.Key_Return)
    QTest.keyClicks(area, " best  ever ")
    assert desk.told == []
    QTest.keyClick(area, Qt.Key.Key_Tab)
    assert desk.told[-1].coach.do_not_say == {"cure", "best ever"}


def test_kinds_of_tips_are_ticked(window: SettingsWindow, desk: Desk) -> None:
    turn_to(window, "Coach")
    press(named(window, QCheckBox, "Dead air"))
    assert desk.told[-1].coach.policy.off_kinds == {"dead_air"}
    press(next(one for one in window.findChildren(QCheckBox) if one.text() == "Praise" and one.isChecked()))
    assert desk.told[-1].coach.policy.live_report_kinds == frozenset()


@pytest.mark.parametrize("field", ELSEWHERE)
def test_what_is_chosen_elsewhere_leads_there(qtbot: QtBot, window: SettingsWindow, field: str) -> None:
    window.turn_to(field)
    with qtbot.waitSignal(window.place_requested) as told:
        press(window.focusWidget())
    assert told.args == [field]


# Taking back


def test_reset_is_there_only_while_the_value_differs(window: SettingsWindow, desk: Desk) -> None:
    assert "Reset Size of the text" not in names_of_buttons(window)
    retype(named(window, QDoubleSpinBox, "Size of the text"), "24")
    press(button(window, "Reset Size of the text"))
    assert desk.told[-1] == Settings()
    assert "Reset Size of the text" not in names_of_buttons(window)
    assert window.focusWidget().accessibleName() == "Size of the text"


def test_reset_of_a_page_asks_first_and_leaves_the_others(qtbot: QtBot, look: Look, desk: Desk) -> None:
    settings = with_values(Settings(), {"overlay.theme": "light", "overlay.x": 4, "chat.twitch": "marta"})
    window = opened(qtbot, look, desk, settings)
    reset = button(window, "Reset this page: Look")
    press(reset)
    assert desk.told == []
    press(reset)
    assert desk.told == [with_values(Settings(), {"overlay.x": 4, "chat.twitch": "marta"})]


def test_undo_takes_back_the_last_change_and_redo_makes_it_again(window: SettingsWindow, desk: Desk) -> None:
    press(named(window, QCheckBox, "Less motion"))
    retype(named(window, QDoubleSpinBox, "Size of the text"), "24")
    do(window, QKeySequence.StandardKey.Undo)
    assert desk.told[-1] == with_values(Settings(), {"overlay.reduced_motion": True})
    assert named(window, QDoubleSpinBox, "Size of the text").value() == 20
    do(window, QKeySequence.StandardKey.Undo)
    assert desk.told[-1] == Settings()
    do(window, QKeySequence.StandardKey.Redo)
    assert desk.told[-1].overlay.reduced_motion


def test_undo_keeps_what_changed_elsewhere(window: SettingsWindow, desk: Desk) -> None:
    press(named(window, QCheckBox, "Less motion"))
    window.show_settings(with_values(desk.told[-1], {"overlay.x": 7}))
    do(window, QKeySequence.StandardKey.Undo)
    assert desk.told[-1] == with_values(Settings(), {"overlay.x": 7})


def test_undo_drops_first_what_is_typed(window: SettingsWindow, desk: Desk) -> None:
    press(named(window, QCheckBox, "Less motion"))
    field = named(window, QDoubleSpinBox, "Size of the text")
    retype(field, "40")
    do(window, QKeySequence.StandardKey.Undo)
    assert (field.value(), field.property("wrong")) == (20, False)
    assert desk.told[-1].overlay.reduced_motion


# Files


def test_exported_settings_are_imported_as_they_were(window: SettingsWindow, desk: Desk, tmp_path: Path) -> None:
    press(named(window, QCheckBox, "Less motion"))
    retype(named(window, QDoubleSpinBox, "Size of the text"), "24")
    exported, desk.path = desk.told[-1], tmp_path / "mine.toml"
    press(button(window, "Export these settings to a file"))
    press(button(window, "Reset Size of the text"))
    press(button(window, "Import settings from a file"))
    assert desk.told[-1] == exported
    do(window, QKeySequence.StandardKey.Undo)
    assert desk.told[-1].overlay.font_px == 20


def test_import_keeps_how_far_the_first_steps_came(qtbot: QtBot, look: Look, desk: Desk, tmp_path: Path) -> None:
    window = opened(qtbot, look, desk, with_values(Settings(), {"app.first_run": "done"}))
    desk.path = tmp_path / "theirs.toml"
    save_settings(with_values(Settings(), {"overlay.theme": "light"}), desk.path)
    press(button(window, "Import settings from a file"))
    assert (desk.told[-1].app.first_run, desk.told[-1].overlay.theme) == ("done", "light")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[overlay", "are no TOML"),
        ("[overlay]\nfont_px = 99\n", "overlay.font_px must be at most 32"),
        (None, "is not there; choose another file."),
    ],
    ids=["no TOML", "wrong value", "no file"],
)
def test_broken_file_is_refused_in_one_sentence(
    window: SettingsWindow, desk: Desk, tmp_path: Path, text: str | None, said: str
) -> None:
    desk.path = tmp_path / "broken.toml"
    if text is not None:
        desk.path.write_text(text, encoding="utf-8")
    press(button(window, "Import settings from a file"))
    assert any(said in one for one in labels(window))
    assert (desk.told, window.settings) == ([], Settings())


def test_export_that_cannot_be_written_says_what_to_do(window: SettingsWindow, desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    desk.path = tmp_path / "file" / "mine.toml"
    press(button(window, "Export these settings to a file"))
    assert any("check that folder" in text for text in labels(window))


def test_no_file_chosen_changes_nothing(window: SettingsWindow, desk: Desk) -> None:
    press(button(window, "Import settings from a file"))
    press(button(window, "Export these settings to a file"))
    assert desk.told == []


# Keys


def test_keys_are_recorded(qtbot: QtBot, window: SettingsWindow, desk: Desk) -> None:
    turn_to(window, "Keys")
    with qtbot.waitSignals([window.hotkeys_recording] * 2):
        record(window, "Mark this moment", Qt.Key.Key_P)
    assert desk.told[-1].hotkeys.mark == "ctrl+alt+p"


def test_keys_of_another_action_are_marked_on_both_and_not_taken(window: SettingsWindow, desk: Desk) -> None:
    turn_to(window, "Keys")
    record(window, "Mark this moment", Qt.Key.Key_M)
    both = [keys_of(window, "Mark this moment"), keys_of(window, "Coaching on and off")]
    assert [field.property("wrong") for field in both] == [True, True]
    assert "“Coaching on and off” has these keys, too – choose others for one of them." in labels(window)
    assert desk.told == []
    record(window, "Coaching on and off", Qt.Key.Key_T)
    assert (desk.told[-1].hotkeys.mark, desk.told[-1].hotkeys.toggle) == ("ctrl+alt+m", "ctrl+alt+t")
    assert [field.property("wrong") for field in both] == [False, False]


def test_keys_of_another_program_are_not_taken(window: SettingsWindow, desk: Desk) -> None:
    desk.foreign.add("ctrl+alt+t")
    turn_to(window, "Keys")
    record(window, "Mark this moment", Qt.Key.Key_T)
    assert "Another program has these keys – choose others." in labels(window)
    assert desk.told == []
    do(window, QKeySequence.StandardKey.Undo)
    assert keys_of(window, "Mark this moment").keys == "ctrl+alt+f"
    assert not keys_of(window, "Mark this moment").property("wrong")


def test_keys_that_the_system_refused_are_marked(window: SettingsWindow) -> None:
    turn_to(window, "Keys")
    window.show_taken_hotkeys(["dismiss"])
    assert keys_of(window, "Send the tip away").property("wrong")
    window.show_taken_hotkeys([])
    assert not keys_of(window, "Send the tip away").property("wrong")


def test_keys_of_a_file_that_clash_are_marked(qtbot: QtBot, look: Look, desk: Desk) -> None:
    window = opened(qtbot, look, desk, Settings(hotkeys=HotkeySettings(mark="ctrl+alt+m", dismiss="nonsense")))
    turn_to(window, "Keys")
    assert keys_of(window, "Mark this moment").property("wrong")
    assert "Click here and press keys, such as Ctrl + Alt + M." in labels(window)
    press(button(window, "Reset Mark this moment"))
    assert desk.told[-1].hotkeys.mark == "ctrl+alt+f"
    assert not keys_of(window, "Mark this moment").property("wrong")


# What is kept elsewhere


def test_password_of_obs_is_told_once_and_never_kept_in_the_settings(
    qtbot: QtBot, window: SettingsWindow, desk: Desk
) -> None:
    turn_to(window, "OBS")
    line = named(window, QLineEdit, "Password of OBS")
    assert line.echoMode() == QLineEdit.EchoMode.Password
    QTest.keyClicks(line, "secret")
    with qtbot.waitSignal(window.obs_password_kept) as told:
        press(button(window, "Keep: Password of OBS"))
    assert told.args == ["secret"]
    assert (line.text(), desk.told) == ("", [])


def test_connection_to_obs_is_tried_and_its_state_is_said(qtbot: QtBot, window: SettingsWindow) -> None:
    turn_to(window, "OBS")
    with qtbot.waitSignal(window.obs_connect_requested):
        press(button(window, "Connection: Connect now"))
    window.show_obs_state("OBS is connected.")
    assert "OBS is connected." in labels(window)


def test_autostart_shows_its_true_state(qtbot: QtBot, window: SettingsWindow, desk: Desk) -> None:
    turn_to(window, "Program")
    tick = named(window, QCheckBox, "Start with the computer")
    window.show_autostart(True)
    assert tick.isChecked()
    with qtbot.waitSignal(window.autostart_chosen) as told:
        press(tick)
    assert (told.args, desk.told) == ([False], [])
    window.show_autostart(True)
    assert tick.isChecked()


def test_true_state_of_capture_is_said_below_its_switch(window: SettingsWindow) -> None:
    window.show_capture_state("Your system does not leave it out.")
    assert "Your system does not leave it out." in labels(window)


# Looks


def test_another_look_keeps_page_focus_and_what_was_changed(window: SettingsWindow, look: Look) -> None:
    turn_to(window, "Coach")
    named(window, QDoubleSpinBox, "A tip stays for").setFocus()
    window.show_look(replace(look, theme=THEMES["light"], font_px=28))
    assert window.focusWidget().accessibleName() == "A tip stays for"
    assert "Which tips you get, in whose words, and how often." in labels(window)


def test_look_can_change_because_of_a_choice_in_the_window(
    qtbot: QtBot, window: SettingsWindow, look: Look, desk: Desk
) -> None:
    window.changed.connect(lambda settings: window.show_look(replace(look, theme=THEMES[settings.overlay.theme])))
    for _ in range(3):
        qtbot.waitUntil(lambda: "Colours" in labels(window))
        press(named(window, QComboBox, "Colours"), Qt.Key.Key_Down)
    assert [told.overlay.theme for told in desk.told] == ["light", "contrast", "opaque"]


@pytest.mark.parametrize("theme", THEMES)
def test_every_theme_paints_every_page(qtbot: QtBot, look: Look, desk: Desk, theme: ThemeName) -> None:
    window = opened(qtbot, replace(look, theme=THEMES[theme]), desk)
    seen = set()
    for page in PAGES:
        turn_to(window, page.title)
        for fold in window.findChildren(Fold):
            fold.setChecked(True)
        seen.add(bytes(window.grab().toImage().constBits()))
    assert len(seen) == len(PAGES)


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES.keys())
def test_all_words_can_be_read(theme: Theme) -> None:
    surface = surface_of(theme)
    chosen = mix(surface.accent, surface.window, CHOSEN_SHARE)
    for text in (theme.text, theme.text_dim, theme.critical):
        for behind in (surface.window, surface.raised):
            assert contrast(text, behind, behind) >= 4.5
    for behind in (surface.hover, chosen):
        assert contrast(theme.text, behind, behind) >= 4.5


def test_everything_that_takes_the_keyboard_has_a_name(window: SettingsWindow) -> None:
    for page in PAGES:
        turn_to(window, page.title)
        for fold in window.findChildren(Fold):
            fold.setChecked(True)
    # The list that a choice opens is a window of its own, and the line of a number speaks through the number.
    taking = [
        one
        for one in window.findChildren(QWidget)
        if one.focusPolicy() & Qt.FocusPolicy.TabFocus and one.window() is window and one.focusProxy() is None
    ]
    assert len(taking) > len(WORDS) - len(HIDDEN)
    assert [one for one in taking if not (one.accessibleName() or getattr(one, "text", str)())] == []


def test_keyboard_goes_from_the_search_to_the_pages_and_their_settings_in_reading_order(
    window: SettingsWindow,
) -> None:
    do(window, QKeySequence.StandardKey.Find)
    order = []
    for _ in range(5):
        order.append(window.focusWidget().accessibleName())
        QTest.keyClick(window.focusWidget(), Qt.Key.Key_Tab)
    assert order == ["Search the settings", "Pages", "Colours", "Size of the text", "Opacity of the overlay"]


def test_window_fits_a_small_screen(window: SettingsWindow) -> None:
    window.resize(800, 560)
    for page in PAGES:
        turn_to(window, page.title)
        assert window.width() == 800
        assert all(row.width() < 600 for row in window.findChildren(Row) if row.isVisible())


def test_settings_are_the_same_when_nothing_is_changed(window: SettingsWindow, desk: Desk) -> None:
    for page in PAGES:
        turn_to(window, page.title)
    window.close()
    assert desk.told == []
    assert all(value_of(window.settings, field) == leaf.default for field, leaf in leaves().items())
