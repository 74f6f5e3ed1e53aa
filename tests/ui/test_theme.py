"""Every theme can be read, on whatever lies beneath."""

from dataclasses import replace

import pytest
from PySide6.QtGui import QColor, QFontInfo

from martlive_desktop.ui.theme import THEMES, Look, Theme, load_look, sign_of
from martlive_desktop.ui.view_state import TipCard
from tests.ui.conftest import RESOURCES


def over(front: str, back: str) -> tuple[float, float, float]:
    """`front`, which may be translucent, on the opaque `back`."""
    top, under = QColor(front), QColor(back)
    share = top.alphaF()
    red, green, blue = (
        share * a + (1 - share) * b
        for a, b in zip(top.getRgbF()[:3], under.getRgbF()[:3], strict=True)  # type: ignore[index]
    )
    return red, green, blue


def luminance(rgb: tuple[float, ...]) -> float:
    """WCAG 2.2's relative luminance."""
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in rgb)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(text: str, glass: str, behind: str) -> float:
    lighter, darker = sorted((luminance(over(text, behind)), luminance(over(glass, behind))), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("behind", ["#000000", "#ffffff", "#808080"])
@pytest.mark.parametrize("role", ["text", "text_dim", "critical", "now", "note", "praise"])
@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES.keys())
def test_contrast_is_enough_to_read(theme: Theme, role: str, behind: str) -> None:
    assert contrast(getattr(theme, role), theme.card, behind) >= 4.5
    assert contrast(getattr(theme, role), theme.strip, behind) >= 4.5


@pytest.mark.parametrize(
    ("severity", "is_praise", "glyph", "word"),
    [
        (0, False, "exclamation", "Urgent"),
        (1, False, "arrow-right", "Now"),
        (2, False, "letter-i", "Tip"),
        (3, False, "letter-i", "Tip"),
        (3, True, "check", "Well done"),
    ],
)
def test_severity_is_told_by_glyph_and_word(severity: int, is_praise: bool, glyph: str, word: str) -> None:
    sign = sign_of(TipCard("t", "x", severity, is_praise, 0, 1), THEMES["dark"])
    assert (sign.glyph, sign.word) == (glyph, word)


def test_bundled_font_is_used(look: Look) -> None:
    info = QFontInfo(look.font(20, is_bold=True))
    assert info.family() == "Inter"
    assert info.weight() == 600


@pytest.mark.parametrize(("asked", "used"), [(4, 12), (20, 20), (90, 32)])
def test_font_size_stays_readable(look: Look, asked: int, used: int) -> None:
    assert load_look(RESOURCES, font_px=asked).font_px == used


def test_everything_scales_with_the_font(look: Look) -> None:
    assert replace(look, font_px=30).px(64) == 96
