"""The window of the first run shows its state and tells what was chosen."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QFrame, QLabel, QLineEdit, QProgressBar, QPushButton, QWidget

from martlive_desktop.settings import HotkeySettings
from martlive_desktop.ui.first_run import FirstRun
from martlive_desktop.ui.first_run_parts import KeyCaps, time_left
from martlive_desktop.ui.first_run_state import STEPS, FirstRunState, Hearing, ModelLine, ObsReach, SourceResult, Step
from martlive_desktop.ui.screen_picker import SourceChoice
from martlive_desktop.ui.source_tiles import SourceTile
from martlive_desktop.ui.strip import LevelMeter
from martlive_desktop.ui.theme import Look

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

pytestmark = pytest.mark.qt_log_ignore("does not support (raise|lower|setting window opacity|propagateSizeHints)")

Part = TypeVar("Part", bound=QWidget)

SPEECH = ModelLine("whisper-base", "speech", 147_883_041, "MIT", "missing")
HERE = replace(SPEECH, stage="here")
MEANING = ModelLine("minilm-l6", "meaning", 23_000_000, "Apache-2.0", "here")
WRITING = ModelLine("smollm2-135m", "writing", 145_000_000, "Apache-2.0", "missing")
CHOICES = (
    SourceChoice("obs", "obs", "OBS", "What viewers get", is_available=True),
    SourceChoice("monitor:DP-1", "monitor", "DP-1", "2560 × 1440", is_available=True),
    SourceChoice("none", "none", "Nothing", "Not watched", is_available=True),
)
STATE = FirstRunState(
    models=(HERE, MEANING, WRITING),
    microphones=("Yeti", "Built-in"),
    choices=CHOICES,
    watched="obs",
    keys=tuple(HotkeySettings().model_dump().items()),
)


@pytest.fixture
def window(qtbot: QtBot, look: Look) -> FirstRun:
    window = FirstRun(look)
    qtbot.addWidget(window)
    window.render_state(STATE)
    with qtbot.waitExposed(window):
        window.show()
    window.activateWindow()
    return window


def texts(window: QWidget) -> list[str]:
    return [one.text() for one in window.findChildren(QLabel) if one.isVisible() and one.text()]


def named(window: QWidget, kind: type[Part], name: str) -> Part:
    shown = [one for one in window.findChildren(kind) if one.isVisible()]
    return next(one for one in shown if name in (one.accessibleName(), getattr(one, "text", str)()))


def focused() -> QWidget:
    widget = QApplication.focusWidget()
    assert widget is not None
    return widget


def press(key: Qt.Key) -> None:
    QTest.keyClick(focused(), key)


@pytest.mark.parametrize("step", STEPS)
def test_every_step_says_where_it_is_and_has_a_title(window: FirstRun, step: Step) -> None:
    window.render_state(replace(STATE, step=step))
    count = f"Step {STEPS.index(step) + 1} of 7"
    assert count in texts(window)
    assert window.windowTitle().startswith("MartLive – ")
    assert named(window, QPushButton, "Start coaching" if step == "privacy" else "Next").isVisible()
    skips = [one.text() for one in window.findChildren(QPushButton) if one.isVisible() and "Skip" in one.text()]
    assert skips == ([] if step == "privacy" else ["Skip for now"])


@pytest.mark.parametrize("step", ["language", "watch", "keys", "models"])
def test_enter_goes_on(qtbot: QtBot, window: FirstRun, step: Step) -> None:
    window.render_state(replace(STATE, step=step))
    with qtbot.waitSignal(window.went_on):
        press(Qt.Key.Key_Return)


def test_enter_at_the_end_starts_coaching(qtbot: QtBot, window: FirstRun) -> None:
    window.render_state(replace(STATE, step="privacy"))
    with qtbot.waitSignal(window.ended):
        press(Qt.Key.Key_Return)


def test_enter_on_a_button_presses_that_button(qtbot: QtBot, window: FirstRun) -> None:
    window.render_state(replace(STATE, step="keys"))
    named(window, QPushButton, "Back").setFocus()
    with qtbot.waitSignal(window.went_back), qtbot.assertNotEmitted(window.went_on):
        press(Qt.Key.Key_Return)


@pytest.mark.parametrize(
    ("state", "is_done"),
    [
        (replace(STATE, step="microphone"), False),
        (replace(STATE, step="microphone", has_heard_voice=True), True),
        (replace(STATE, step="models", models=(SPEECH,)), False),
        (replace(STATE, step="models", models=(replace(SPEECH, stage="coming"),)), True),
        (replace(STATE, step="obs", obs="absent"), False),
        (replace(STATE, step="obs", obs="found"), True),
        (replace(STATE, step="privacy", models=(replace(SPEECH, stage="queued"),)), False),
        (replace(STATE, step="privacy", models=(SPEECH,)), True),
    ],
    ids=["unheard", "heard", "no model", "model coming", "no OBS", "OBS", "model on its way", "without a model"],
)
def test_next_waits_for_what_the_step_is_for_and_skip_does_not(
    qtbot: QtBot, window: FirstRun, state: FirstRunState, is_done: bool
) -> None:
    window.render_state(state)
    assert named(window, QPushButton, "Start coaching" if state.step == "privacy" else "Next").isEnabled() is is_done
    if state.step != "privacy":
        with qtbot.waitSignal(window.skipped):
            named(window, QPushButton, "Skip for now").click()


@pytest.mark.parametrize("step", STEPS)
def test_tab_reaches_every_control_in_reading_order(window: FirstRun, step: Step) -> None:
    window.render_state(replace(STATE, step=step, has_heard_voice=True, obs="found"))
    QApplication.processEvents()
    first, seen = focused(), list[QWidget]()
    while not seen or focused() is not first:
        seen.append(focused())
        press(Qt.Key.Key_Tab)
        assert len(seen) < 30
    last = named(window, QPushButton, "Start coaching" if step == "privacy" else "Next")
    assert last in seen
    assert all(one.accessibleName() or getattr(one, "text", str)() for one in seen)
    start = seen.index(last) + 1
    tops = [one.mapTo(window, one.rect().center()).y() for one in seen[start:] + seen[:start]]
    assert tops == sorted(tops)


def test_languages_are_chosen_with_the_arrow_keys(qtbot: QtBot, window: FirstRun) -> None:
    assert focused().accessibleName() == "Language of MartLive: System"
    with qtbot.waitSignal(window.app_language_chosen) as told:
        press(Qt.Key.Key_Right)
    assert told.args == ["en"]
    press(Qt.Key.Key_Tab)
    with qtbot.waitSignal(window.spoken_language_chosen) as told:
        press(Qt.Key.Key_Right)
    assert told.args == ["zh"]


def test_other_language_is_chosen_from_the_list(qtbot: QtBot, window: FirstRun) -> None:
    others = named(window, QComboBox, "Another language that you speak")
    with qtbot.waitSignal(window.spoken_language_chosen) as told:
        others.setCurrentIndex(others.findData("es"))
    assert others.currentText() == "español"
    assert told.args == ["es"]
    with qtbot.assertNotEmitted(window.spoken_language_chosen):
        window.render_state(replace(STATE, spoken_language="es"))
        window.render_state(replace(STATE, spoken_language="en"))
    assert others.currentIndex() == -1


@pytest.mark.parametrize(
    ("hearing", "sentence"),
    [
        ("waiting", "We are listening – say something."),
        ("silent", "We hear nothing – is it muted?"),
        ("quiet", "A little quiet. Move closer, or turn the microphone up."),
        ("good", "We hear you well."),
        ("loud", "A little loud. Move back, or turn the microphone down."),
        ("lost", "Plug it in."),
    ],
)
def test_microphone_is_judged_in_one_sentence(window: FirstRun, hearing: Hearing, sentence: str) -> None:
    window.render_state(replace(STATE, step="microphone", hearing=hearing, microphone_problem="Plug it in."))
    assert sentence in texts(window)


def test_meter_follows_the_level(window: FirstRun) -> None:
    window.render_state(replace(STATE, step="microphone", level_dbfs=-31.0, hearing="good"))
    meter = next(one for one in window.findChildren(LevelMeter) if one.isVisible())
    assert meter.accessibleDescription() == "4 of 7"
    window.render_state(replace(STATE, step="microphone", level_dbfs=-20.0, hearing="good"))
    assert meter.accessibleDescription() == "6 of 7"


def test_microphone_is_chosen_and_a_missing_one_stays_on_the_list(qtbot: QtBot, window: FirstRun) -> None:
    window.render_state(replace(STATE, step="microphone", microphone="Headset"))
    choice = named(window, QComboBox, "Microphone")
    assert [choice.itemText(i) for i in range(choice.count())] == ["The system’s choice", "Yeti", "Built-in", "Headset"]
    assert choice.currentText() == "Headset"
    with qtbot.waitSignal(window.microphone_chosen) as told:
        press(Qt.Key.Key_Up)
    assert told.args == ["Built-in"]


def test_words_appear_quiet_first_and_plain_when_they_are_final(window: FirstRun, look: Look) -> None:
    heard = replace(STATE, step="microphone", listener="ready")
    assert "Say: “Hello, this is my show.” Your words show up below." not in texts(window)
    window.render_state(replace(heard, said="hello this"))
    said = named(window, QLabel, "What we understand")
    assert said.text() == "hello this"
    assert said.palette().windowText().color() == QColor(look.theme.text_dim)
    window.render_state(replace(heard, said="Hello, this is my show.", is_said_final=True))
    assert said.palette().windowText().color() == QColor(look.theme.text)
    assert said.accessibleDescription() == "Hello, this is my show."
    assert "Say: “Hello, this is my show.” Your words show up below." in texts(window)


def test_speech_model_is_fetched_beside_the_microphone(qtbot: QtBot, window: FirstRun) -> None:
    page = replace(STATE, step="microphone", models=(SPEECH,))
    window.render_state(page)
    get = named(window, QPushButton, "Get the speech model (148 MB, MIT)")
    with qtbot.waitSignal(window.model_fetched) as told:
        get.setFocus()
        press(Qt.Key.Key_Space)
    assert told.args == ["whisper-base"]
    window.render_state(replace(page, models=(replace(SPEECH, stage="coming", done_bytes=74_000_000, left_s=48),)))
    assert named(window, QProgressBar, "Speech model").value() == 500
    assert "74 MB of 148 MB, about 50 s left" in texts(window)
    with qtbot.waitSignal(window.model_stopped):
        press(Qt.Key.Key_Return)
    window.render_state(replace(page, models=(replace(SPEECH, problem="The download stopped. Try again."),)))
    assert "The download stopped. Try again." in texts(window)
    assert named(window, QPushButton, "Try again: Speech model").isVisible()


def test_what_is_watched_is_chosen_on_cards(qtbot: QtBot, window: FirstRun) -> None:
    window.render_state(replace(STATE, step="watch"))
    picture = QImage(320, 180, QImage.Format.Format_RGB32)
    picture.fill("#336699")
    window.show_thumbnail("monitor:DP-1", picture)
    window.show_thumbnail("monitor:gone", picture)
    assert named(window, SourceTile, "OBS").isChecked()
    card = named(window, SourceTile, "DP-1")
    shot = card.grab().toImage()
    assert shot.pixelColor(shot.width() // 2, shot.height() // 3) == QColor("#336699")
    press(Qt.Key.Key_Tab)
    with qtbot.waitSignal(window.source_chosen) as told:
        press(Qt.Key.Key_Space)
    assert told.args == ["monitor:DP-1"]


def test_pressed_keys_light_up_and_taken_ones_are_marked(qtbot: QtBot, window: FirstRun) -> None:
    state = replace(STATE, step="keys")
    window.render_state(state)
    rows = {one.accessibleName(): one for one in window.findChildren(QFrame, "key")}
    assert len(rows) == 9
    toggle, mark = rows["Coaching on or off: Ctrl Alt M"], rows["Mark this moment: Ctrl Alt F"]
    window.render_state(replace(state, pressed="toggle", tried=frozenset({"toggle"}), conflicts=("mark",)))
    assert toggle.property("lit")
    assert toggle.accessibleDescription() == "It works"
    assert mark.accessibleDescription() == "Another program has them"
    assert "Another program has the marked keys. Choose others here, or close that program." in texts(window)
    window.render_state(replace(state, keys=(*STATE.keys[:6], ("mark", "ctrl+alt+pageup"), *STATE.keys[7:])))
    assert not toggle.property("lit")
    assert mark.accessibleName() == "Mark this moment: Ctrl Alt Page Up"
    with qtbot.waitSignal(window.settings_requested):
        named(window, QPushButton, "Change keys…").click()


def test_models_say_what_they_do_and_are_fetched(qtbot: QtBot, window: FirstRun) -> None:
    window.render_state(replace(STATE, step="models", models=(SPEECH, MEANING, WRITING)))
    shown = texts(window)
    for words in (
        "Hears what you say",
        "whisper-base · 148 MB · MIT",
        "Knows when a question was answered",
        "Here",
        "Words tips",
        "Optional · smollm2-135m · 145 MB · Apache-2.0",
    ):
        assert words in shown
    with qtbot.waitSignal(window.model_fetched) as told:
        press(Qt.Key.Key_Space)
    assert told.args == ["whisper-base"]
    window.render_state(
        replace(
            STATE, step="models", models=(replace(SPEECH, stage="coming"), MEANING, replace(WRITING, stage="queued"))
        )
    )
    assert {"Begins…", "Next in line"} <= set(texts(window))
    with qtbot.waitSignal(window.model_stopped) as told:
        named(window, QPushButton, "Cancel: Words tips").click()
    assert told.args == ["smollm2-135m"]


@pytest.mark.parametrize(
    ("reach", "sentence"),
    [
        ("looking", "Looking for OBS on this computer…"),
        ("found", "OBS is connected."),
        ("locked", "OBS is here and asks for its password."),
        ("absent", "OBS does not answer. Is it running?"),
    ],
)
def test_obs_page_says_how_it_stands(window: FirstRun, reach: ObsReach, sentence: str) -> None:
    window.render_state(replace(STATE, step="obs", obs=reach))
    assert sentence in texts(window)
    assert sum(text.startswith(("1.  ", "2.  ", "3.  ")) for text in texts(window)) == (3 if reach == "absent" else 0)


def test_password_is_typed_and_given_with_enter(qtbot: QtBot, window: FirstRun) -> None:
    window.render_state(replace(STATE, step="obs", obs="locked"))
    line = focused()
    assert isinstance(line, QLineEdit)
    assert line.echoMode() == QLineEdit.EchoMode.Password
    with qtbot.assertNotEmitted(window.password_given), qtbot.assertNotEmitted(window.went_on):
        press(Qt.Key.Key_Return)
    QTest.keyClicks(line, "open")
    with qtbot.waitSignal(window.password_given) as told:
        press(Qt.Key.Key_Return)
    assert told.args == ["open"]
    window.render_state(replace(STATE, step="obs", obs="locked", is_password_refused=True))
    assert any(text.startswith("OBS has another password") for text in texts(window))


def test_stream_window_is_added_once_obs_is_found(qtbot: QtBot, window: FirstRun) -> None:
    window.render_state(replace(STATE, step="obs", obs="absent"))
    assert focused() is not named(window, QPushButton, "Look again")
    with qtbot.waitSignal(window.obs_sought):
        named(window, QPushButton, "Look again").click()
    window.render_state(replace(STATE, step="obs", obs="found"))
    assert focused() is named(window, QPushButton, "Next")
    with qtbot.waitSignal(window.source_requested):
        named(window, QPushButton, "Add the stream window to my scene").click()
    window.render_state(replace(STATE, step="obs", obs="found", source_result=SourceResult(True, "It is in “Main”.")))
    assert "It is in “Main”." in texts(window)


def test_privacy_is_three_sentences_and_a_choice(qtbot: QtBot, window: FirstRun) -> None:
    window.render_state(replace(STATE, step="privacy"))
    assert {
        "MartLive hears you on this computer.",
        "Pictures are measured and forgotten.",
        "Nothing leaves this computer unless you turn that on.",
    } <= set(texts(window))
    with qtbot.waitSignal(window.autostart_chosen) as told:
        press(Qt.Key.Key_Space)
    assert told.args == [True]


def test_last_page_offers_the_speech_model_that_is_still_missing(qtbot: QtBot, window: FirstRun) -> None:
    window.render_state(replace(STATE, step="privacy", models=(SPEECH,)))
    assert "MartLive cannot hear you yet." in texts(window)
    with qtbot.waitSignal(window.model_fetched):
        named(window, QPushButton, "Get the speech model (148 MB, MIT)").click()


def test_change_of_language_keeps_the_page(window: FirstRun) -> None:
    window.render_state(replace(STATE, step="microphone", microphone="Yeti"))
    QCoreApplication.sendEvent(window, QEvent(QEvent.Type.LanguageChange))
    assert "Can we hear you?" in texts(window)
    assert isinstance(focused(), QComboBox)


def test_window_tells_when_it_is_shown_hidden_and_closed(qtbot: QtBot, window: FirstRun) -> None:
    with qtbot.waitSignal(window.shown_changed) as told, qtbot.assertNotEmitted(window.closed):
        window.hide()
    assert told.args == [False]
    with qtbot.waitSignal(window.shown_changed) as told:
        window.show()
    assert told.args == [True]
    with qtbot.waitSignal(window.closed):
        window.close()


@pytest.mark.parametrize(
    ("keys", "spoken"),
    [("ctrl+alt+m", "Ctrl Alt M"), ("shift+f12", "Shift F12"), ("super+pagedown", "Super Page Down")],
)
def test_keys_are_spelt_as_on_the_keyboard(qtbot: QtBot, look: Look, keys: str, spoken: str) -> None:
    caps = KeyCaps(look)
    qtbot.addWidget(caps)
    caps.show_keys(keys)
    assert caps.accessibleName() == spoken


@pytest.mark.parametrize(
    ("left_s", "words"),
    [(0, "about 5 s left"), (48, "about 50 s left"), (61, "about 1 min left"), (150, "about 2 min left")],
)
def test_time_left_is_told_roughly(left_s: int, words: str) -> None:
    assert time_left(left_s) == words
