"""The lamp that says whether the screen is watched."""

from dataclasses import replace

import pytest
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter

from martlive_desktop.ui.strip import LAMPS, lamps_of
from martlive_desktop.ui.theme import THEMES, Look, Theme
from martlive_desktop.ui.view_state import OverlayState, Watching


@pytest.mark.parametrize(
    ("watching", "detail", "icon", "color", "name"),
    [
        ("watching", "OBS", "eye", "praise", "Watching OBS"),
        ("watching", "", "eye", "praise", "Watching the screen"),
        ("paused", "You paused it.", "eye-off", "text_dim", "Not looking – paused"),
        ("lost", "OBS does not answer.", "eye-off", "critical", "OBS does not answer."),
        ("lost", "", "eye-off", "critical", "The screen cannot be seen"),
        ("off", "", "eye-off", "off", "The screen is not watched"),
    ],
)
def test_second_lamp_says_whether_the_screen_is_watched(
    watching: Watching, detail: str, icon: str, color: str, name: str
) -> None:
    theme = THEMES["dark"]
    lamp = lamps_of(OverlayState(watching=watching, watching_detail=detail), theme)[1]
    assert (lamp.icon, lamp.color, lamp.name) == (icon, getattr(theme, color), name)


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES.keys())
def test_states_of_the_eye_look_different(look: Look, theme: Theme) -> None:
    drawn = []
    for watching in ("off", "watching", "paused", "lost"):
        lamps = lamps_of(replace(OverlayState(), watching=watching), theme)
        assert len(lamps) == LAMPS
        image = QImage(32, 32, QImage.Format.Format_ARGB32_Premultiplied)
        image.fill(0)
        painter = QPainter(image)
        look.paint_icon(painter, lamps[1].icon, lamps[1].color, QRectF(image.rect()))
        painter.end()
        drawn.append(image)
    assert all(one != other for i, one in enumerate(drawn) for other in drawn[:i])
