"""The window "What viewers see" shows its state and asks for changes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

import pytest
from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtGui import QColor, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPushButton, QScrollArea, QWidget

from martlive_desktop.ui.drag_region import RegionView
from martlive_desktop.ui.scene_rows import ScenesCard
from martlive_desktop.ui.screen_picker import ChatCard, PartPage, PickerState, ScreenPicker, SourceChoice
from martlive_desktop.ui.source_tiles import NO_CHOICE, SourceTile
from martlive_desktop.ui.theme import THEMES, Look, Theme
from martlive_desktop.ui.window_style import AskingButton, surface_of
from tests.ui.test_theme import contrast

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

# The platform without a screen says this of every window with a frame.
pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")

LEFT = Qt.MouseButton.LeftButton
Part = TypeVar("Part", bound=QWidget)

OBS = SourceChoice("obs", "obs", "OBS program", "What viewers get", is_available=True)
FIRST = SourceChoice("monitor:DP-1", "monitor", "Monitor DP-1", "2560 × 1440", is_available=True)
SECOND = SourceChoice("monitor:HDMI-1", "monitor", "Monitor HDMI-1", "1920 × 1080", is_available=True)
UNPLUGGED = SourceChoice("monitor:DP-2", "monitor", "Monitor DP-2", "Unplugged", is_available=False)
GAME = SourceChoice(
    "window:7", "window", "A game with a name that nobody reads to its end", "Window", is_available=True
)
PART = SourceChoice("region", "region", "Part of a screen…", "Drag a rectangle", is_available=True)
NOTHING = SourceChoice("none", "none", "Nothing", "Not watched", is_available=True)
STATE = PickerState((OBS, FIRST, SECOND, UNPLUGGED, GAME, PART, NOTHING), "obs")


def picture(color: str = "#c02040", width: int = 1600, height: int = 900) -> QImage:
    image = QImage(width, height, QImage.Format.Format_RGB32)
    image.fill(color)
    return image


def shown(qtbot: QtBot, look: Look, state: PickerState = STATE) -> ScreenPicker:
    picker = ScreenPicker(look)
    qtbot.addWidget(picker)
    picker.resize(960, 640)
    picker.render_state(state)
    with qtbot.waitExposed(picker):
        picker.show()
    return picker


@pytest.fixture
def picker(qtbot: QtBot, look: Look) -> ScreenPicker:
    picker = shown(qtbot, look)
    picker.show_preview(picture())
    return picker


def part(picker: ScreenPicker, kind: type[Part]) -> Part:
    (found,) = picker.findChildren(kind)
    return found


def tile(picker: ScreenPicker, name: str) -> SourceTile:
    return next(one for one in picker.findChildren(SourceTile) if one.accessibleName() == name)


def button(parent: QWidget, spoken: str) -> QPushButton:
    """The button that can be seen with this text or this name for a screen reader."""
    buttons = [one for one in parent.findChildren(QPushButton) if one.isVisible()]
    return next(one for one in buttons if spoken in {one.text(), one.accessibleName()})


def marked(picker: ScreenPicker) -> list[str]:
    return [one.accessibleName() for one in picker.findChildren(SourceTile) if one.isChecked()]


def texts(parent: QWidget) -> list[str]:
    return [one.text() for one in parent.findChildren(QLabel) if one.isVisible() and one.text()]


def preview(picker: ScreenPicker) -> RegionView:
    return next(one for one in picker.findChildren(RegionView) if one.accessibleName() == "Chat")


def drag(view: RegionView, start: tuple[float, float], end: tuple[float, float]) -> None:
    """From one point to the other, in shares of the picture."""
    box = view.picture_rect
    first, last = (QPoint(round(box.x() + x * box.width()), round(box.y() + y * box.height())) for x, y in (start, end))
    QTest.mousePress(view, LEFT, pos=first)
    QTest.mouseMove(view, last)
    QTest.mouseRelease(view, LEFT, pos=last)


def begin_part(picker: ScreenPicker) -> RegionView:
    QTest.mouseClick(tile(picker, "Part of a screen…"), LEFT)
    return next(one for one in part(picker, PartPage).findChildren(RegionView))


def test_click_on_a_tile_asks_for_its_source_and_the_state_marks_it(qtbot: QtBot, picker: ScreenPicker) -> None:
    with qtbot.waitSignal(picker.source_chosen) as chosen:
        QTest.mouseClick(tile(picker, "Monitor DP-1"), LEFT)
    assert chosen.args == ["monitor:DP-1"]
    assert marked(picker) == ["OBS program"]
    picker.render_state(replace(STATE, chosen="monitor:DP-1"))
    assert marked(picker) == ["Monitor DP-1"]


def test_source_that_is_not_there_cannot_be_chosen(qtbot: QtBot, picker: ScreenPicker) -> None:
    with qtbot.assertNotEmitted(picker.source_chosen):
        QTest.mouseClick(tile(picker, "Monitor DP-2"), LEFT)


def test_source_that_is_gone_stays_marked(picker: ScreenPicker) -> None:
    picker.render_state(replace(STATE, chosen="monitor:DP-2"))
    assert marked(picker) == ["Monitor DP-2"]


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space])
def test_tiles_are_reached_and_chosen_with_keys(qtbot: QtBot, picker: ScreenPicker, key: Qt.Key) -> None:
    assert picker.focusWidget() is tile(picker, "OBS program")
    QTest.keyClick(tile(picker, "OBS program"), Qt.Key.Key_Right)
    QTest.keyClick(tile(picker, "Monitor DP-1"), Qt.Key.Key_Down)
    assert picker.focusWidget() is tile(picker, GAME.name) or picker.focusWidget() is tile(picker, "Monitor HDMI-1")
    with qtbot.waitSignal(picker.source_chosen):
        QTest.keyClick(picker.focusWidget(), key)


def test_tile_that_gets_the_focus_is_scrolled_to(picker: ScreenPicker) -> None:
    nothing = tile(picker, "Nothing")
    nothing.setFocus(Qt.FocusReason.TabFocusReason)
    assert not nothing.visibleRegion().isEmpty()
    assert nothing.visibleRegion().boundingRect() == nothing.rect()


def test_tile_says_itself_to_a_screen_reader(picker: ScreenPicker) -> None:
    spoken = {one.accessibleName(): one.accessibleDescription() for one in picker.findChildren(SourceTile)}
    assert spoken["OBS program"] == "What viewers get"
    assert spoken["Monitor DP-2"] == "Unplugged"


def test_tile_stays_the_same_while_its_choice_is_offered(picker: ScreenPicker) -> None:
    game = tile(picker, GAME.name)
    picker.render_state(replace(STATE, choices=(GAME, replace(OBS, detail="Not running", is_available=False))))
    assert tile(picker, GAME.name) is game
    visible = [one.accessibleName() for one in picker.findChildren(SourceTile) if one.isVisible()]
    assert sorted(visible) == sorted([GAME.name, "OBS program"])
    assert not tile(picker, "OBS program").isEnabled()


def test_thumbnail_is_drawn_on_its_tile(picker: ScreenPicker) -> None:
    picker.show_thumbnail("monitor:DP-1", picture("#20c040", 3840, 2160))
    picker.show_thumbnail("monitor:gone", picture())
    one = tile(picker, "Monitor DP-1")
    middle = one.grab().toImage().pixelColor(one.width() // 2, one.height() // 3)
    assert middle == QColor("#20c040")


@pytest.mark.parametrize("count", [0, 1, 12])
def test_any_number_of_choices_is_shown(qtbot: QtBot, look: Look, count: int) -> None:
    choices = tuple(replace(GAME, id=f"w{i}", name=f"Window {i}") for i in range(count))
    picker = shown(qtbot, look, PickerState(choices))
    assert len(picker.findChildren(SourceTile)) == count
    assert (NO_CHOICE in texts(picker)) == (count == 0)


def test_pictures_are_wanted_once_a_second_while_the_window_can_be_seen(qtbot: QtBot, look: Look) -> None:
    picker = ScreenPicker(look)
    qtbot.addWidget(picker)
    seen: list[bool] = []
    picker.shown_changed.connect(seen.append)
    with qtbot.waitSignal(picker.pictures_wanted):
        picker.show()
    pace = next(timer for timer in picker.findChildren(QTimer) if timer.interval() == 1000)
    assert pace.isActive()
    with qtbot.waitSignal(picker.pictures_wanted):
        pace.timeout.emit()
    picker.showMinimized()
    qtbot.waitUntil(lambda: not pace.isActive())
    picker.showNormal()
    qtbot.waitUntil(pace.isActive)
    with qtbot.assertNotEmitted(picker.pictures_wanted):
        picker.close()
    assert not pace.isActive()
    assert seen == [True, False, True, False]


def test_chat_is_dragged_on_the_preview(qtbot: QtBot, picker: ScreenPicker) -> None:
    with qtbot.waitSignal(picker.chat_region_drawn) as told:
        drag(preview(picker), (0.5, 0.2), (0.9, 0.8))
    assert told.args is not None
    assert told.args[0] == pytest.approx((0.5, 0.2, 0.4, 0.6), abs=0.005)


def test_chat_is_not_read_any_more_at_a_click(qtbot: QtBot, picker: ScreenPicker) -> None:
    stop = button(picker, "Do not read the chat")
    assert not stop.isEnabled()
    picker.render_state(replace(STATE, chat_region=(0.7, 0.1, 0.2, 0.8)))
    assert preview(picker).region == (0.7, 0.1, 0.2, 0.8)
    with qtbot.waitSignal(picker.chat_region_drawn) as told:
        QTest.mouseClick(stop, LEFT)
    assert told.args == [None]


def test_last_five_lines_are_shown_as_plain_text(picker: ScreenPicker) -> None:
    lines = ("old", "1", "2", "3", "<b>Kai</b>:\n hi", "Rosa: is it safe for cats?")
    picker.render_state(replace(STATE, chat_region=(0.7, 0.1, 0.2, 0.8), chat_lines=lines))
    said = ["1", "2", "3", "<b>Kai</b>: hi", "Rosa: is it safe for cats?"]
    assert texts(part(picker, ChatCard)) == ["Chat", *said]


@pytest.mark.parametrize(
    ("region", "hint"),
    [
        (None, "Drag over the chat in the picture, and viewers’ questions are read."),
        ((0.7, 0.1, 0.2, 0.8), "Nothing read yet. What viewers write shows up here."),
    ],
    ids=["no chat", "no line"],
)
def test_chat_without_lines_says_what_to_do(
    picker: ScreenPicker, region: tuple[float, float, float, float] | None, hint: str
) -> None:
    picker.render_state(replace(STATE, chat_region=region))
    assert texts(part(picker, ChatCard)) == ["Chat", hint]


def test_scene_is_saved_at_a_click_once_there_is_a_picture(qtbot: QtBot, look: Look) -> None:
    picker = shown(qtbot, look)
    save = button(picker, "Save the picture as Break")
    assert not save.isEnabled()
    picker.show_preview(picture())
    with qtbot.waitSignal(picker.scene_saved) as saved:
        QTest.mouseClick(save, LEFT)
    assert saved.args == ["break"]


@pytest.mark.parametrize(
    ("spoken", "signal"), [("Forget Break", "scene_forgotten"), ("Replace Break with this picture", "scene_saved")]
)
def test_saved_scene_is_lost_only_after_a_question(
    qtbot: QtBot, picker: ScreenPicker, spoken: str, signal: str
) -> None:
    picker.render_state(replace(STATE, saved_scenes=frozenset({"break"})))
    asking = button(picker, spoken)
    with qtbot.assertNotEmitted(getattr(picker, signal)):
        QTest.mouseClick(asking, LEFT)
    assert (asking.text(), asking.accessibleName()) == ("Sure?", f"{spoken}: Sure?")
    with qtbot.waitSignal(getattr(picker, signal)) as told:
        QTest.mouseClick(asking, LEFT)
    assert told.args == ["break"]
    assert asking.accessibleName() == spoken


def test_question_is_taken_back_after_a_while(qtbot: QtBot, look: Look) -> None:
    asking = AskingButton(look, "Forget", "Forget Break")
    qtbot.addWidget(asking)
    QTest.mouseClick(asking, LEFT)
    (patience,) = asking.findChildren(QTimer)
    assert patience.isActive()
    patience.setInterval(1)
    qtbot.waitUntil(lambda: asking.text() == "Forget")
    with qtbot.assertNotEmitted(asking.agreed):
        QTest.mouseClick(asking, LEFT)


def test_focus_stays_in_the_row_whose_scene_was_saved(picker: ScreenPicker) -> None:
    button(picker, "Save the picture as Break").setFocus()
    picker.render_state(replace(STATE, saved_scenes=frozenset({"break"})))
    assert picker.focusWidget() is button(picker, "Forget Break")
    picker.render_state(STATE)
    assert picker.focusWidget() is button(picker, "Save the picture as Break")


def test_scene_on_screen_is_named(picker: ScreenPicker) -> None:
    scenes = part(picker, ScenesCard)
    assert "No saved scene on screen" in texts(scenes)
    picker.render_state(replace(STATE, saved_scenes=frozenset({"break"}), scene_now="break"))
    assert "On screen now: Break" in texts(scenes)


def test_part_of_a_screen_is_drawn_before_it_is_watched(qtbot: QtBot, picker: ScreenPicker) -> None:
    with qtbot.waitSignal(picker.screenshot_wanted) as wanted, qtbot.assertNotEmitted(picker.source_chosen):
        view = begin_part(picker)
    assert wanted.args == ["monitor:DP-1"]
    picker.show_screenshot("monitor:HDMI-1", picture())
    assert view.image_size.isEmpty()
    picker.show_screenshot("monitor:DP-1", picture(width=2560, height=1440))
    watch = button(picker, "Watch this part")
    assert not watch.isEnabled()
    drag(view, (0.25, 0.5), (2, 2))
    with qtbot.waitSignal(picker.region_drawn) as drawn:
        QTest.mouseClick(watch, LEFT)
    assert drawn.args is not None
    assert drawn.args[0] == "monitor:DP-1"
    assert drawn.args[1] == pytest.approx((640, 720, 1920, 720), abs=4)
    left, top, width, height = drawn.args[1]
    assert (left + width, top + height) == (2560, 1440)
    assert preview(picker).isVisible()


def test_part_is_drawn_on_the_monitor_that_is_picked(qtbot: QtBot, picker: ScreenPicker) -> None:
    view = begin_part(picker)
    picker.show_screenshot("monitor:DP-1", picture())
    with qtbot.waitSignal(picker.screenshot_wanted) as wanted:
        QTest.mouseClick(button(picker, "Monitor HDMI-1"), LEFT)
    assert wanted.args == ["monitor:HDMI-1"]
    assert view.image_size.isEmpty()
    assert [one.isChecked() for one in (button(picker, "Monitor DP-1"), button(picker, "Monitor HDMI-1"))] == [
        False,
        True,
    ]


def test_screenshot_is_taken_again_with_the_other_pictures(qtbot: QtBot, picker: ScreenPicker) -> None:
    begin_part(picker)
    pace = next(timer for timer in picker.findChildren(QTimer) if timer.interval() == 1000)
    with qtbot.waitSignal(picker.screenshot_wanted):
        pace.timeout.emit()


def test_monitor_that_is_unplugged_ends_its_rectangle(qtbot: QtBot, picker: ScreenPicker) -> None:
    view = begin_part(picker)
    picker.show_screenshot("monitor:DP-1", picture())
    drag(view, (0.2, 0.2), (0.6, 0.6))
    with qtbot.waitSignal(picker.screenshot_wanted) as wanted:
        picker.render_state(replace(STATE, choices=(OBS, SECOND, PART)))
    assert wanted.args == ["monitor:HDMI-1"]
    assert view.region is None
    assert not button(picker, "Watch this part").isEnabled()
    picker.render_state(replace(STATE, choices=(OBS, PART)))
    assert view.accessibleDescription() == "No monitor can be seen here."


def test_monitor_that_changes_its_size_ends_the_rectangle(picker: ScreenPicker) -> None:
    view = begin_part(picker)
    picker.show_screenshot("monitor:DP-1", picture())
    drag(view, (0.2, 0.2), (0.6, 0.6))
    picker.show_screenshot("monitor:DP-1", picture())
    assert button(picker, "Watch this part").isEnabled()
    picker.show_screenshot("monitor:DP-1", picture(width=1280, height=720))
    assert not button(picker, "Watch this part").isEnabled()


def test_escape_leaves_the_part_and_then_the_window(picker: ScreenPicker) -> None:
    view = begin_part(picker)
    QTest.keyClick(view, Qt.Key.Key_Escape)
    assert preview(picker).isVisible()
    QTest.keyClick(preview(picker), Qt.Key.Key_Escape)
    assert not picker.isVisible()


@pytest.mark.parametrize("text", ["Cancel", "Done"])
def test_part_is_given_up_and_the_window_closed_with_buttons(qtbot: QtBot, picker: ScreenPicker, text: str) -> None:
    begin_part(picker)
    with qtbot.assertNotEmitted(picker.region_drawn):
        QTest.mouseClick(button(picker, text), LEFT)
    assert picker.isVisible() == (text == "Cancel")
    assert not part(picker, PartPage).isVisible()


def test_other_source_takes_the_old_picture_away(picker: ScreenPicker) -> None:
    picker.render_state(replace(STATE, chosen="monitor:DP-1"))
    assert preview(picker).accessibleDescription() == "The picture is coming…"
    picker.render_state(replace(STATE, chosen="none"))
    picker.show_preview(picture())
    assert preview(picker).accessibleDescription() == "Nothing is watched. Choose what your viewers see."
    assert not button(picker, "Save the picture as Break").isEnabled()


def test_note_says_what_is_wrong_until_it_is_mended(picker: ScreenPicker) -> None:
    picker.render_state(replace(STATE, note="OBS does not answer – start it."))
    assert "OBS does not answer – start it." in texts(picker)
    picker.render_state(STATE)
    assert not any("OBS does not" in text for text in texts(picker))


def test_window_blocks_nothing(picker: ScreenPicker) -> None:
    assert not picker.isModal()
    assert picker.isWindow()


@pytest.mark.parametrize(("overlay_px", "word_px"), [(12, 13), (20, 13), (32, 21)])
def test_small_overlay_does_not_make_the_words_small(qtbot: QtBot, look: Look, overlay_px: int, word_px: int) -> None:
    picker = shown(qtbot, replace(look, font_px=overlay_px))
    assert button(picker, "Done").font().pixelSize() == word_px


@pytest.mark.parametrize("font_px", [12, 20, 25, 32])
def test_nothing_is_cut_off_at_the_side(qtbot: QtBot, look: Look, font_px: int) -> None:
    saved = replace(STATE, saved_scenes=frozenset({"starting", "break", "main"}), chat_region=(0.1, 0.1, 0.2, 0.2))
    picker = shown(qtbot, replace(look, font_px=font_px), saved)
    asking = button(picker, "Forget Break")
    for _ in range(2):
        QTest.mouseClick(asking, LEFT)
    assert [area.horizontalScrollBar().maximum() for area in picker.findChildren(QScrollArea)] == [0, 0]
    for one in picker.findChildren(QPushButton):
        if one.isVisible():
            assert one.width() >= one.sizeHint().width()
            assert one.height() >= one.sizeHint().height()


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES.keys())
@pytest.mark.parametrize("role", ["text", "text_dim", "now", "praise"])
def test_words_can_be_read_on_every_surface(theme: Theme, role: str) -> None:
    surface = surface_of(theme)
    for under in (surface.window, surface.raised, surface.hover):
        assert contrast(getattr(theme, role), under, under) >= 4.5
    assert contrast(surface.on_accent, surface.accent, surface.accent) >= 4.5


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES.keys())
def test_every_theme_is_painted(qtbot: QtBot, look: Look, theme: Theme) -> None:
    picker = shown(qtbot, replace(look, theme=theme), replace(STATE, note="Something is wrong."))
    picker.show_preview(picture())
    picker.show_thumbnail("obs", picture())
    picker.setFocus()
    tile(picker, "OBS program").setFocus(Qt.FocusReason.TabFocusReason)
    image = picker.grab().toImage()
    assert image.pixelColor(4, 4).name() == surface_of(theme).window
    assert preview(picker).grab().toImage().pixelColor(preview(picker).width() // 2, 100).name() == "#c02040"
