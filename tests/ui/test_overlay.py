"""The overlay shows its state, moves only what changed, and stands still otherwise."""

from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

import pytest
from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, Qt, QTimer
from PySide6.QtGui import QColor, QContextMenuEvent, QEnterEvent, QFontMetricsF, QImage, QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from martlive_desktop.ui import card
from martlive_desktop.ui.card import CardView, fit_text
from martlive_desktop.ui.overlay import Overlay
from martlive_desktop.ui.recent_tips import RecentTips
from martlive_desktop.ui.strip import LampView, LevelMeter, Line, Strip, lamps_of, lit_bars, minutes_left
from martlive_desktop.ui.theme import THEMES, Look
from martlive_desktop.ui.view_state import OverlayState, TipCard

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

STATE = OverlayState(level_dbfs=-28, pace_wpm=152, product="AquaVac X2", time_left_ms=130_000, hearing="listening")
TIP = TipCard("t1", "Say the price", 2, is_praise=False, shown_ms=0, expires_ms=60_000)
Part = TypeVar("Part", bound=QWidget)

LONGEST = "Does it work on thick carpets and on pet hair ??"
WIDEST = "WWWW MMMM WWWW MMMM WWWW MMMM WWWW MMMM WWWW MMM"


@pytest.fixture
def overlay(qtbot: "QtBot", look: Look) -> Overlay:
    return shown(qtbot, look)


def shown(qtbot: "QtBot", look: Look) -> Overlay:
    overlay = Overlay(look)
    qtbot.addWidget(overlay)
    with qtbot.waitExposed(overlay):
        overlay.show()
    return overlay


def part(overlay: Overlay, kind: type[Part]) -> Part:
    (found,) = overlay.findChildren(kind)
    return found


def card_of(overlay: Overlay) -> CardView:
    return part(overlay, CardView)


def names(overlay: Overlay) -> list[str]:
    """What a screen reader finds on the strip."""
    return [w.accessibleName() for w in part(overlay, Strip).findChildren(QWidget) if w.accessibleName()]


def running_timers(parent: QObject) -> list[QTimer]:
    return [timer for timer in parent.findChildren(QTimer) if timer.isActive()]


def color_at(overlay: Overlay, x: float, y: float) -> str:
    image: QImage = overlay.grab().toImage()
    ratio = overlay.devicePixelRatioF()
    return image.pixelColor(round(x * ratio), round(y * ratio)).name()


def test_strip_says_everything_in_words(overlay: Overlay) -> None:
    overlay.render_state(replace(STATE, is_remote=True, delayed_ms=2400))
    assert names(overlay) == [
        "Voice level",
        "152 words per minute",
        "AquaVac X2",
        "2:10 left",
        "Listening",
        "The screen is not watched",
        "Your words go to the remote coach",
        "Tips come 2 s late",
    ]


@pytest.mark.parametrize(
    ("delayed_ms", "icon", "name"),
    [(0, "gauge", "Busy computer: words come a little later."), (4000, "hourglass", "Tips come 4 s late")],
    ids=["in time", "late, which matters more"],
)
def test_slower_words_light_the_last_lamp(look: Look, delayed_ms: int, icon: str, name: str) -> None:
    slower = replace(STATE, slowdown="Busy computer: words come a little later.", delayed_ms=delayed_ms)
    lamp = lamps_of(slower, look.theme)[-1]
    assert (lamp.icon, lamp.name) == (icon, name)
    assert lamp.color != look.theme.off


def test_lamps_say_their_names_on_hover(overlay: Overlay) -> None:
    overlay.render_state(STATE)
    assert [lamp.toolTip() for lamp in overlay.findChildren(LampView)] == [
        "Listening",
        "The screen is not watched",
        "Everything stays on this computer",
        "Tips are in time",
    ]


@pytest.mark.parametrize(
    ("state", "note"),
    [
        (replace(STATE, is_coaching=False), "Coaching is off"),
        (replace(STATE, hearing="lost", hearing_detail="Plug your microphone in."), "Plug your microphone in."),
        (replace(STATE, hearing="lost"), "No sound from your microphone"),
        (replace(STATE, hearing="loading"), "Getting ready to listen"),
    ],
)
def test_what_stands_in_the_way_takes_the_place_of_the_product(
    overlay: Overlay, state: OverlayState, note: str
) -> None:
    overlay.render_state(state)
    assert [line.text() for line in overlay.findChildren(Line) if line.isVisible()] == [note]
    overlay.render_state(STATE)
    assert [line.text() for line in overlay.findChildren(Line) if line.isVisible()] == ["152 wpm", "AquaVac X2", "2:10"]


@pytest.mark.parametrize(
    ("level", "bars"), [(None, 0), (float("-inf"), 0), (-54.0, 1), (-28.0, 5), (-15.1, 6), (-3.0, 7)]
)
def test_level_lights_bars(level: float | None, bars: int) -> None:
    assert lit_bars(level) == bars


@pytest.mark.parametrize(("ms", "text"), [(130_000, "2:10"), (59_999, "0:59"), (0, "0:00"), (-5000, "0:00")])
def test_time_left_is_minutes_and_seconds(ms: int, text: str) -> None:
    assert minutes_left(ms) == text


def test_overlay_never_wants_the_focus(overlay: Overlay) -> None:
    wanted = (
        Qt.WindowType.FramelessWindowHint | Qt.WindowType.WindowStaysOnTopHint | Qt.WindowType.WindowDoesNotAcceptFocus
    )
    assert overlay.windowFlags() & wanted == wanted
    assert overlay.testAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)


def test_card_comes_and_goes_and_nothing_else_moves(qtbot: "QtBot", overlay: Overlay) -> None:
    strip, size = part(overlay, Strip).geometry(), overlay.size()
    overlay.render_state(replace(STATE, tip=TIP))
    assert card_of(overlay).isVisible()
    assert card_of(overlay).accessibleName() == "Tip: Say the price"
    overlay.render_state(STATE)
    qtbot.waitUntil(lambda: not card_of(overlay).isVisible())
    assert (part(overlay, Strip).geometry(), overlay.size()) == (strip, size)


@pytest.mark.parametrize(
    ("severity", "is_praise", "color"),
    [(0, False, "#ff5a4f"), (1, False, "#ffb224"), (2, False, "#4da3ff"), (3, True, "#3ccb7f")],
)
def test_ring_has_the_colour_of_the_severity(
    qtbot: "QtBot", look: Look, severity: int, is_praise: bool, color: str
) -> None:
    overlay = shown(qtbot, replace(look, is_motion_reduced=True))
    overlay.render_state(replace(STATE, tip=replace(TIP, severity=severity, is_praise=is_praise)))
    top_of_ring = card.MARGIN_PX + (card.HEIGHT_PX - card.RING_PX) / 2
    right_of_twelve = card.MARGIN_PX + card.RING_LEFT_PX + card.RING_PX / 2 + 2
    assert color_at(overlay, right_of_twelve, top_of_ring) == color


def test_nothing_ticks_without_a_tip(qtbot: "QtBot", overlay: Overlay) -> None:
    overlay.render_state(replace(STATE, tip=TIP))
    assert len(running_timers(overlay)) == 1
    overlay.render_state(STATE)
    qtbot.waitUntil(lambda: card_of(overlay).is_still)
    assert running_timers(overlay) == []


def test_ring_stops_when_its_time_is_over(qtbot: "QtBot", overlay: Overlay) -> None:
    overlay.render_state(replace(STATE, tip=replace(TIP, expires_ms=50)))
    qtbot.waitUntil(lambda: card_of(overlay).is_still)
    assert card_of(overlay).isVisible()


def test_urgent_tip_breathes_and_then_stands_still(qtbot: "QtBot", overlay: Overlay) -> None:
    overlay.render_state(replace(STATE, tip=replace(TIP, severity=0, expires_ms=300)))
    assert not card_of(overlay).is_still
    qtbot.waitUntil(lambda: card_of(overlay).is_still, timeout=4000)


def test_reduced_motion_shows_and_hides_at_once(qtbot: "QtBot", look: Look) -> None:
    overlay = shown(qtbot, replace(look, is_motion_reduced=True))
    overlay.render_state(replace(STATE, tip=replace(TIP, severity=0)))
    assert color_at(overlay, card.MARGIN_PX + 200, card.MARGIN_PX + 55) != "#000000"
    overlay.render_state(STATE)
    assert not card_of(overlay).isVisible()


def test_unchanged_state_paints_nothing(qtbot: "QtBot", overlay: Overlay, monkeypatch: pytest.MonkeyPatch) -> None:
    painted: list[str] = []
    for kind in (LevelMeter, LampView, Line, Strip, CardView):
        monkeypatch.setattr(kind, "update", lambda self, *area: painted.append(type(self).__name__))
    overlay.render_state(STATE)
    painted.clear()
    overlay.render_state(replace(STATE, now_ms=99))
    overlay.render_state(replace(STATE, level_dbfs=-27))
    assert painted == []
    overlay.render_state(replace(STATE, level_dbfs=-10))
    assert painted == ["LevelMeter"]


@pytest.mark.parametrize("font_px", [12, 20, 32])
@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("Say the price", 1),
        ("Rosa: safe for cats?", 1),
        (LONGEST, 2),
        (WIDEST, 2),
        ("W" * 48, 1),
        ("价格是多少" * 9, 1),
    ],
)
def test_every_tip_fits_into_the_card(look: Look, font_px: int, text: str, lines: int) -> None:
    sized = replace(look, font_px=font_px)
    room = sized.px(card.WIDTH_PX - card.TEXT_LEFT_PX - card.TEXT_RIGHT_PX)
    fitted = fit_text(text, sized, room)
    metrics = QFontMetricsF(fitted.font)
    assert len(fitted.lines) == lines
    assert all(metrics.horizontalAdvance(line) <= room for line in fitted.lines)
    assert lines * metrics.lineSpacing() <= sized.px(card.HEIGHT_PX)


def test_longest_tip_is_shown_whole(look: Look) -> None:
    assert " ".join(fit_text(LONGEST, look, 308).lines) == LONGEST


def test_click_on_the_card_dismisses_the_tip(qtbot: "QtBot", overlay: Overlay) -> None:
    overlay.render_state(replace(STATE, tip=TIP))
    with qtbot.waitSignal(overlay.tip_dismissed):
        QTest.mouseClick(card_of(overlay), Qt.MouseButton.LeftButton, pos=QPoint(200, 50))


def test_click_on_the_strip_dismisses_nothing(qtbot: "QtBot", overlay: Overlay) -> None:
    overlay.render_state(replace(STATE, tip=TIP))
    with qtbot.assertNotEmitted(overlay.tip_dismissed):
        QTest.mouseClick(part(overlay, Strip), Qt.MouseButton.LeftButton, pos=QPoint(150, 17))


def test_drag_moves_the_overlay_and_says_where_to(qtbot: "QtBot", overlay: Overlay) -> None:
    overlay.place(100, 100)
    strip = part(overlay, Strip)
    QTest.mousePress(strip, Qt.MouseButton.LeftButton, pos=QPoint(150, 17))
    QTest.mouseMove(strip, QPoint(190, 67))
    with qtbot.waitSignal(overlay.moved) as moved, qtbot.assertNotEmitted(overlay.tip_dismissed):
        QTest.mouseRelease(strip, Qt.MouseButton.LeftButton, pos=QPoint(150, 17))
    assert moved.args == [140, 150]
    assert overlay.pos() == QPoint(140, 150)


def test_locked_overlay_stays_in_place(qtbot: "QtBot", overlay: Overlay) -> None:
    overlay.place(100, 100)
    overlay.set_locked(True)
    strip = part(overlay, Strip)
    QTest.mousePress(strip, Qt.MouseButton.LeftButton, pos=QPoint(150, 17))
    QTest.mouseMove(strip, QPoint(190, 67))
    with qtbot.assertNotEmitted(overlay.moved):
        QTest.mouseRelease(strip, Qt.MouseButton.LeftButton, pos=QPoint(150, 17))
    assert overlay.pos() == QPoint(100, 100)


def test_drag_to_an_edge_falls_into_its_distance(overlay: Overlay) -> None:
    area = overlay.screen().availableGeometry()
    overlay.place(area.left() + 24 - card.MARGIN_PX + 9, area.top() + 200, snaps=True)
    assert overlay.x() + card.MARGIN_PX == area.left() + 24
    overlay.place(area.left() + 24 - card.MARGIN_PX + 13, area.top() + 200, snaps=True)
    assert overlay.x() + card.MARGIN_PX == area.left() + 37


@pytest.mark.qt_log_ignore("does not support setting window opacity")
def test_overlay_dims_while_clicks_go_through(overlay: Overlay) -> None:
    overlay.set_opacity(0.5)
    overlay.set_click_through(True)
    assert overlay.windowOpacity() == pytest.approx(0.3, abs=0.01)
    overlay.set_click_through(False)
    assert overlay.windowOpacity() == pytest.approx(0.5, abs=0.01)


def hover(overlay: Overlay) -> None:
    QApplication.sendEvent(overlay, QEnterEvent(QPointF(60, 100), QPointF(60, 100), QPointF(60, 100)))


def listed(overlay: Overlay) -> list[RecentTips]:
    return [w for w in QApplication.topLevelWidgets() if isinstance(w, RecentTips) and w.isVisible()]


@pytest.mark.qt_log_ignore("does not support raise")
def test_last_tips_are_listed_while_the_mouse_rests_on_the_overlay(qtbot: "QtBot", overlay: Overlay) -> None:
    tips = (replace(TIP, text="Greet Kim"), replace(TIP, shown_ms=150_000))
    overlay.render_state(replace(STATE, recent=tips, now_ms=180_000, pace_wpm=150))
    hover(overlay)
    qtbot.waitUntil(lambda: bool(listed(overlay)))
    [recent] = listed(overlay)
    assert recent.accessibleName() == "Say the price, just now\nGreet Kim, 3 min ago"
    assert recent.geometry().top() > part(overlay, Strip).mapToGlobal(QPoint()).y()
    QApplication.sendEvent(overlay, QEvent(QEvent.Type.Leave))
    assert listed(overlay) == []


@pytest.mark.qt_log_ignore("does not support raise")
def test_list_of_tips_lies_above_where_there_is_no_room_below(qtbot: "QtBot", overlay: Overlay) -> None:
    overlay.place(100, 99_999)
    overlay.render_state(replace(STATE, recent=(TIP,) * 5, pace_wpm=149))
    hover(overlay)
    qtbot.waitUntil(lambda: bool(listed(overlay)))
    [recent] = listed(overlay)
    assert recent.geometry().bottom() < part(overlay, Strip).mapToGlobal(QPoint()).y()
    overlay.hide()
    assert listed(overlay) == []


def test_nothing_is_listed_before_the_first_tip(qtbot: "QtBot", overlay: Overlay) -> None:
    hover(overlay)
    assert running_timers(overlay) == []


def test_overlay_stays_on_the_screen(overlay: Overlay) -> None:
    area = overlay.screen().availableGeometry()
    overlay.place(99_999, -99_999)
    assert overlay.x() + overlay.width() - card.MARGIN_PX == area.right() + 1
    assert overlay.y() + card.MARGIN_PX == area.top()


def test_compact_strip_is_a_line_until_a_tip_comes(qtbot: "QtBot", look: Look) -> None:
    overlay = shown(qtbot, replace(look, is_compact=True, is_motion_reduced=True))
    overlay.render_state(STATE)
    assert not part(overlay, LevelMeter).isVisible()
    overlay.render_state(replace(STATE, tip=TIP))
    assert part(overlay, LevelMeter).isVisible()
    overlay.render_state(STATE)
    assert not part(overlay, LevelMeter).isVisible()


@pytest.mark.qt_log_ignore("does not support propagateSizeHints")
def test_look_can_be_changed_while_it_is_shown(overlay: Overlay, look: Look) -> None:
    overlay.render_state(replace(STATE, tip=TIP))
    overlay.set_look(replace(look, theme=THEMES["contrast"], font_px=32))
    assert overlay.width() == round(32 / 20 * (392 + 40))
    strip = overlay.findChildren(Strip, options=Qt.FindChildOption.FindDirectChildrenOnly)[-1]
    assert strip.isVisible()
    assert QColor(color_at(overlay, strip.x() + 20, strip.y() + 6)) == QColor("#000000")


@pytest.mark.qt_log_ignore("does not support setting window opacity")
def test_click_through_reaches_the_window(overlay: Overlay) -> None:
    overlay.set_click_through(True)
    assert overlay.windowHandle().flags() & Qt.WindowType.WindowTransparentForInput
    overlay.set_click_through(False)
    assert not overlay.windowHandle().flags() & Qt.WindowType.WindowTransparentForInput


def drag(overlay: Overlay, start: QPoint, end: QPoint) -> None:
    """Drag with the left button from `start` to `end`, both in the overlay as it lies before."""
    corner = overlay.pos()
    for kind, at, button in (
        (QEvent.Type.MouseButtonPress, start, Qt.MouseButton.LeftButton),
        (QEvent.Type.MouseMove, end, Qt.MouseButton.NoButton),
        (QEvent.Type.MouseButtonRelease, end, Qt.MouseButton.LeftButton),
    ):
        desktop = QPointF(corner + at)
        held = Qt.MouseButton.NoButton if kind == QEvent.Type.MouseButtonRelease else Qt.MouseButton.LeftButton
        local = desktop - QPointF(overlay.pos())
        event = QMouseEvent(kind, local, desktop, button, held, Qt.KeyboardModifier.NoModifier)
        QApplication.sendEvent(overlay, event)


def test_menu_opens_on_a_right_click(qtbot: "QtBot", look: Look) -> None:
    overlay = Overlay(look)
    qtbot.addWidget(overlay)
    overlay.show()
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, QPoint(60, 100), QPoint(700, 110))
    with qtbot.waitSignal(overlay.menu_requested) as told:
        QApplication.sendEvent(overlay, event)
    assert told.args == [QPoint(700, 110)]


@pytest.mark.qt_log_ignore("does not support (propagateSizeHints|raise)")
@pytest.mark.parametrize("side", [-1, 1], ids=["left", "right"])
def test_edge_that_is_dragged_makes_the_overlay_larger_and_the_other_stays(
    qtbot: "QtBot", look: Look, side: int
) -> None:
    overlay = Overlay(look)
    qtbot.addWidget(overlay)
    overlay.place(200, 200)
    overlay.show()
    strip = overlay._strip.geometry()
    edge = QPoint(strip.left() + 2 if side < 0 else strip.right() - 2, strip.center().y())
    left, right = overlay.x() + strip.left(), overlay.x() + strip.right()
    drag(overlay, edge, edge + QPoint(side * 120, 0))
    grown = overlay._strip.geometry()
    assert overlay._look.font_px > 24
    still = overlay.x() + (grown.left() if side > 0 else grown.right())
    assert abs(still - (left if side > 0 else right)) <= 8


@pytest.mark.qt_log_ignore("does not support (propagateSizeHints|raise)")
def test_size_that_was_dragged_is_told_once_and_a_locked_overlay_keeps_its_own(qtbot: "QtBot", look: Look) -> None:
    overlay = Overlay(look)
    qtbot.addWidget(overlay)
    overlay.show()
    told: list[int] = []
    overlay.resized.connect(told.append)
    strip = overlay._strip.geometry()
    edge = QPoint(strip.left() + 2, strip.center().y())
    drag(overlay, edge, edge - QPoint(400, 0))
    assert told == [32]
    overlay.set_locked(True)
    strip = overlay._strip.geometry()
    edge = QPoint(strip.left() + 2, strip.center().y())
    drag(overlay, edge, edge + QPoint(100, 0))
    assert told == [32]


def test_what_comes_next_takes_the_place_of_an_item_that_is_nearly_over(overlay: Overlay) -> None:
    product = part(overlay, Strip)._product
    state = OverlayState(hearing="listening", product="Lamp", time_left_ms=31_000, next_product="Scarf")
    overlay.render_state(state)
    assert (product.text(), product.toolTip()) == ("Lamp", "Next: Scarf")
    overlay.render_state(replace(state, time_left_ms=30_000))
    assert (product.text(), product.accessibleName()) == ("Next: Scarf", "Lamp; Next: Scarf")
    overlay.render_state(replace(state, time_left_ms=0, next_product=""))
    assert (product.text(), product.accessibleName()) == ("Lamp", "Lamp")


@pytest.mark.qt_log_ignore("does not support (propagateSizeHints|raise)")
def test_overlay_may_be_a_window_like_others(qtbot: "QtBot", look: Look) -> None:
    overlay = Overlay(look)
    qtbot.addWidget(overlay)
    overlay.place(40, 60)
    overlay.show()
    at = overlay.pos()
    overlay.set_on_top(False)
    assert overlay.isVisible()
    assert overlay.pos() == at
    assert not overlay.windowFlags() & Qt.WindowType.WindowStaysOnTopHint
    overlay.set_on_top(True)
    assert overlay.windowFlags() & Qt.WindowType.WindowStaysOnTopHint
