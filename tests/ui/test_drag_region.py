"""A rectangle on a picture: drawn, moved, sized, and told of once it is finished."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QPoint, QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest

from martlive_desktop.ui.drag_region import RegionView, between, dragged, fitted, shares_of

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from martlive_desktop.ui.drag_region import Region
    from martlive_desktop.ui.theme import Look

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")

LEFT = Qt.MouseButton.LeftButton
HALF: Region = (0.25, 0.25, 0.5, 0.5)


def picture(width: int = 1600, height: int = 900, color: str = "#808080") -> QImage:
    image = QImage(width, height, QImage.Format.Format_RGB32)
    image.fill(color)
    return image


@pytest.fixture
def view(qtbot: QtBot, look: Look) -> RegionView:
    """800 x 450 in a widget of 800 x 490: 20 above and below the picture stay free."""
    view = RegionView(look, tag="Chat", hint="Drag over the chat")
    qtbot.addWidget(view)
    view.resize(800, 490)
    view.show_image(picture())
    with qtbot.waitExposed(view):
        view.show()
    return view


def drag(view: RegionView, start: tuple[int, int], end: tuple[int, int]) -> None:
    QTest.mousePress(view, LEFT, pos=QPoint(*start))
    QTest.mouseMove(view, QPoint(*end))
    QTest.mouseRelease(view, LEFT, pos=QPoint(*end))


def drawn(qtbot: QtBot, view: RegionView, start: tuple[int, int], end: tuple[int, int]) -> tuple[float, ...]:
    with qtbot.waitSignal(view.region_drawn) as signal:
        drag(view, start, end)
    assert signal.args is not None
    return tuple(round(share, 4) for share in signal.args[0])


@pytest.mark.parametrize(
    ("size", "fit"),
    [((1600, 900), (0, 50, 800, 450)), ((900, 1600), (245.3, 0, 309.4, 550)), ((10, 10), (125, 0, 550, 550))],
    ids=["wide", "tall", "small"],
)
def test_picture_is_shown_whole_and_in_its_shape(size: tuple[int, int], fit: tuple[float, ...]) -> None:
    assert shares_of(fitted(QSizeF(*size), QRectF(0, 0, 800, 550))) == pytest.approx(fit, abs=0.1)


@pytest.mark.parametrize(
    ("grip", "by", "after"),
    [
        ((0, 0), (0.1, -0.1), (0.35, 0.15, 0.5, 0.5)),
        ((0, 0), (0.9, -0.9), (0.5, 0.0, 0.5, 0.5)),
        ((1, 1), (0.1, 0.1), (0.25, 0.25, 0.6, 0.6)),
        ((1, 1), (0.9, 0.9), (0.25, 0.25, 0.75, 0.75)),
        ((-1, 0), (0.1, 0.4), (0.35, 0.25, 0.4, 0.5)),
        ((0, -1), (0.1, -0.1), (0.25, 0.15, 0.5, 0.6)),
        ((-1, 0), (0.6, 0.0), (0.75, 0.25, 0.1, 0.5)),
    ],
    ids=["moved", "moved to the corner", "sized", "sized to the edge", "left side", "top side", "turned over"],
)
def test_rectangle_stays_in_the_picture(
    grip: tuple[int, int], by: tuple[float, float], after: tuple[float, ...]
) -> None:
    assert shares_of(dragged(QRectF(*HALF), grip, QPointF(*by))) == pytest.approx(after)


def test_rectangle_is_drawn_in_any_direction() -> None:
    assert shares_of(between(QPointF(0.5, 0.75), QPointF(0.25, -1))) == (0.25, 0.0, 0.25, 0.75)


def test_drag_draws_a_rectangle(qtbot: QtBot, view: RegionView) -> None:
    assert drawn(qtbot, view, (80, 65), (240, 245)) == (0.1, 0.1, 0.2, 0.4)


def test_drag_beyond_the_picture_ends_at_its_edge(qtbot: QtBot, view: RegionView) -> None:
    assert drawn(qtbot, view, (400, 245), (5000, -300)) == (0.5, 0.0, 0.5, 0.5)


def test_rectangle_is_moved_by_its_middle_and_sized_by_a_handle(qtbot: QtBot, view: RegionView) -> None:
    view.show_region(HALF)
    assert drawn(qtbot, view, (400, 245), (480, 245)) == (0.35, 0.25, 0.5, 0.5)
    view.show_region(HALF)
    assert drawn(qtbot, view, (600, 357), (680, 402)) == pytest.approx((0.25, 0.25, 0.6, 0.6), abs=0.002)


def test_drag_outside_draws_another_rectangle(qtbot: QtBot, view: RegionView) -> None:
    view.show_region(HALF)
    assert drawn(qtbot, view, (0, 20), (80, 65)) == (0.0, 0.0, 0.1, 0.1)


@pytest.mark.parametrize("end", [(80, 65), (85, 300)], ids=["click", "hair"])
def test_slip_of_the_mouse_draws_nothing(qtbot: QtBot, view: RegionView, end: tuple[int, int]) -> None:
    with qtbot.assertNotEmitted(view.region_drawn):
        drag(view, (80, 65), end)
    assert view.region is None


def test_escape_takes_a_drag_back(qtbot: QtBot, view: RegionView) -> None:
    view.show_region(HALF)
    with qtbot.assertNotEmitted(view.region_drawn):
        QTest.mousePress(view, LEFT, pos=QPoint(400, 245))
        QTest.mouseMove(view, QPoint(480, 245))
        QTest.keyClick(view, Qt.Key.Key_Escape)
        QTest.mouseRelease(view, LEFT, pos=QPoint(480, 245))
    assert view.region == HALF


def test_state_does_not_disturb_a_drag(qtbot: QtBot, view: RegionView) -> None:
    QTest.mousePress(view, LEFT, pos=QPoint(80, 65))
    QTest.mouseMove(view, QPoint(240, 245))
    view.show_region(None)
    view.show_image(picture())
    with qtbot.waitSignal(view.region_drawn):
        QTest.mouseRelease(view, LEFT, pos=QPoint(240, 245))


def test_picture_that_goes_away_ends_the_drag(qtbot: QtBot, view: RegionView) -> None:
    QTest.mousePress(view, LEFT, pos=QPoint(80, 65))
    view.show_image(QImage())
    with qtbot.assertNotEmitted(view.region_drawn):
        QTest.mouseMove(view, QPoint(240, 245))
        QTest.mouseRelease(view, LEFT, pos=QPoint(240, 245))
        drag(view, (80, 65), (240, 245))


def test_keys_draw_move_and_size(view: RegionView) -> None:
    told: list[tuple[float, ...]] = []
    view.region_drawn.connect(lambda region: told.append(tuple(round(share, 4) for share in region)))
    QTest.keyClick(view, Qt.Key.Key_Return)
    QTest.keyClick(view, Qt.Key.Key_Right)
    QTest.keyClick(view, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    assert told == [(0.3, 0.3, 0.4, 0.4), (0.31, 0.3, 0.4, 0.4), (0.31, 0.3, 0.4, 0.41)]


def test_held_key_is_told_of_once(qtbot: QtBot, view: RegionView) -> None:
    view.show_region(HALF)
    for _ in range(5):
        QTest.keyPress(view, Qt.Key.Key_Left)
    with qtbot.waitSignal(view.region_drawn) as signal:
        QTest.keyRelease(view, Qt.Key.Key_Left)
    assert signal.args is not None
    assert signal.args[0] == pytest.approx((0.2, 0.25, 0.5, 0.5))


def test_keys_do_not_leave_the_picture(view: RegionView) -> None:
    view.show_region((0.0, 0.9, 0.1, 0.1))
    for key, modifier in (
        (Qt.Key.Key_Left, Qt.KeyboardModifier.NoModifier),
        (Qt.Key.Key_Down, Qt.KeyboardModifier.NoModifier),
        (Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier),
    ):
        QTest.keyClick(view, key, modifier)
    assert view.region == pytest.approx((0.0, 0.9, 0.1, 0.1))


def test_rectangle_is_told_to_a_screen_reader(view: RegionView) -> None:
    assert view.accessibleDescription() == "Drag over the chat, or press Enter and use the arrow keys"
    view.show_region((0.72, 0.1, 0.25, 0.7))
    assert view.accessibleDescription().startswith("25 by 70 percent, 72 from the left, 10 from the top.")
    view.show_image(QImage())
    view.show_placeholder("The picture is coming…", "eye")
    assert view.accessibleDescription() == "The picture is coming…"


def test_picture_outside_of_the_rectangle_is_darker_while_it_is_drawn(view: RegionView) -> None:
    view.show_region((0.5, 0.5, 0.25, 0.25))

    def outside() -> int:
        return view.grab().toImage().pixelColor(40, 60).lightness()

    resting = outside()
    QTest.mousePress(view, LEFT, pos=QPoint(500, 300))
    assert outside() < resting < 128
    QTest.mouseRelease(view, LEFT, pos=QPoint(500, 300))


@pytest.mark.parametrize("region", [(0.0, 0.0, 1.0, 1.0), (0.0, 0.0, 0.02, 0.03), (0.98, 0.9, 0.02, 0.1)])
def test_any_rectangle_can_be_painted(view: RegionView, region: Region) -> None:
    view.show_region(region)
    assert not view.grab().isNull()
