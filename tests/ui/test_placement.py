"""The overlay comes back to where it was put, on a monitor that is there."""

from typing import TYPE_CHECKING, NamedTuple

import pytest
from PySide6.QtCore import QRect
from PySide6.QtGui import QGuiApplication

from martlive_desktop.ui.overlay import Overlay
from martlive_desktop.ui.placement import Placement, kept_inside, snapped
from martlive_desktop.ui.theme import Look

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

AREA = QRect(0, 0, 800, 600)


class Change(NamedTuple):
    monitor: str
    places: dict[str, tuple[int, int]]


@pytest.fixture
def overlay(qtbot: "QtBot", look: Look) -> Overlay:
    overlay = Overlay(look)
    qtbot.addWidget(overlay)
    return overlay


@pytest.mark.parametrize(
    ("left", "top", "inside"),
    [(10, 20, (10, 20)), (-50, 590, (0, 500)), (9_000, -9_000, (600, 0))],
)
def test_box_is_moved_as_little_as_keeps_it_inside(left: int, top: int, inside: tuple[int, int]) -> None:
    box = kept_inside(QRect(left, top, 200, 100), AREA)
    assert (box.left(), box.top()) == inside


@pytest.mark.parametrize(
    ("left", "top", "at"),
    [
        (24 + 12, 300, (24, 300)),
        (24 + 13, 300, (37, 300)),
        (24 - 12, 24 - 12, (24, 24)),
        (800 - 24 - 200 + 10, 600 - 24 - 100 - 10, (576, 476)),
    ],
    ids=["left", "too far", "corner", "other corner"],
)
def test_box_near_an_edge_snaps_to_it(left: int, top: int, at: tuple[int, int]) -> None:
    box = snapped(QRect(left, top, 200, 100), AREA)
    assert (box.left(), box.top()) == at


def test_overlay_lies_where_it_was_on_its_monitor(overlay: Overlay) -> None:
    name = QGuiApplication.primaryScreen().name()
    Placement(overlay, name, {name: (70, 80), "gone": (1, 2)}, (500, 300), overlay)
    assert (overlay.x(), overlay.y()) == (70, 80)


def test_overlay_of_a_monitor_that_is_gone_comes_to_the_main_one(overlay: Overlay) -> None:
    Placement(overlay, "gone", {"gone": (70_000, 80)}, (50_000, 300), overlay)
    assert QGuiApplication.primaryScreen().geometry().contains(overlay.geometry().center())


def test_without_a_place_it_stays_where_it_is(overlay: Overlay) -> None:
    before = overlay.pos()
    Placement(overlay, "", {}, None, overlay)
    assert overlay.pos() == before


def test_drag_is_remembered_by_monitor(qtbot: "QtBot", overlay: Overlay) -> None:
    placement = Placement(overlay, "gone", {"gone": (1, 2)}, None, overlay)
    name = QGuiApplication.primaryScreen().name()
    with qtbot.waitSignal(placement.changed) as changed:
        overlay.moved.emit(70, 80)
    assert Change(*changed.args) == Change(name, {"gone": (1, 2), name: (70, 80)})


def test_overlay_comes_back_when_the_desktop_changes(overlay: Overlay) -> None:
    screen = QGuiApplication.primaryScreen()
    Placement(overlay, screen.name(), {screen.name(): (70, 80)}, None, overlay)
    overlay.move(5_000, 5_000)
    screen.availableGeometryChanged.emit(screen.availableGeometry())
    assert (overlay.x(), overlay.y()) == (70, 80)
