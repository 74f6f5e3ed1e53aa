"""How MartLive looks: every colour, the type and the icons."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QByteArray, QCoreApplication, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QPainter, QPen
from PySide6.QtSvg import QSvgRenderer

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from martlive_desktop.ui.view_state import TipCard

log = logging.getLogger(__name__)

translate = QCoreApplication.translate

DEFAULT_FONT_PX = 20
"""Size of a tip's text; everything else on the overlay scales with it."""

MIN_FONT_PX, MAX_FONT_PX = 12, 32

STROKE_PX = 1.75
"""Line width of icons at the default size; a tip's glyph, read from afar, is bolder."""

GLYPH_STROKE_PX = 2.5

ThemeName = Literal["dark", "light", "contrast", "opaque"]


@dataclass(frozen=True, slots=True)
class Theme:
    """The colours of one theme, written as #RRGGBB or #AARRGGBB."""

    card: str
    strip: str
    border: str
    border_px: float
    text: str
    text_dim: str
    """Text of lesser weight: pace, time left."""
    off: str
    """A lamp or bar that is not lit, and the track of the ring."""
    critical: str
    now: str
    note: str
    praise: str
    shadow_alpha: float
    """0 to 1, where the shadow is darkest."""


THEMES: dict[ThemeName, Theme] = {
    "dark": Theme(
        card="#E8111318",
        strip="#E8111318",
        border="#1AFFFFFF",
        border_px=1,
        text="#F5F6F8",
        text_dim="#C9CCD3",
        off="#474A52",
        critical="#FF5A4F",
        now="#FFB224",
        note="#4DA3FF",
        praise="#3CCB7F",
        shadow_alpha=0.36,
    ),
    "light": Theme(
        card="#F0FFFFFF",
        strip="#F0FFFFFF",
        border="#24000000",
        border_px=1,
        text="#15171C",
        text_dim="#464B55",
        off="#C6C8CC",
        critical="#C4261C",
        now="#8A5200",
        note="#0F5FB8",
        praise="#12703F",
        shadow_alpha=0.26,
    ),
    "contrast": Theme(
        card="#000000",
        strip="#000000",
        border="#FFFFFF",
        border_px=2,
        text="#FFFFFF",
        text_dim="#FFFFFF",
        off="#5C5C5C",
        critical="#FF7A70",
        now="#FFC933",
        note="#6FB5FF",
        praise="#4BE08F",
        shadow_alpha=0,
    ),
    "opaque": Theme(
        card="#16181D",
        strip="#16181D",
        border="#3A3E47",
        border_px=1,
        text="#F5F6F8",
        text_dim="#C9CCD3",
        off="#454A54",
        critical="#FF5A4F",
        now="#FFB224",
        note="#4DA3FF",
        praise="#3CCB7F",
        shadow_alpha=0,
    ),
}


@dataclass(frozen=True, slots=True)
class Sign:
    """How a tip says how much it matters: never by colour alone."""

    glyph: str
    """Name of the icon in the ring."""
    color: str
    word: str
    """What a screen reader says before the tip."""


def sign_of(tip: TipCard, theme: Theme) -> Sign:
    """The sign of `tip` in the colours of `theme`."""
    if tip.is_praise:
        return Sign("check", theme.praise, translate("Sign", "Well done"))
    if tip.severity == 0:
        return Sign("exclamation", theme.critical, translate("Sign", "Urgent"))
    if tip.severity == 1:
        return Sign("arrow-right", theme.now, translate("Sign", "Now"))
    return Sign("letter-i", theme.note, translate("Sign", "Tip"))


@dataclass(frozen=True, slots=True)
class Look:
    """Theme, size and motion of the overlay, with what it is drawn from."""

    theme: Theme
    icons: Mapping[str, str]
    """SVG text by name; strokes are `currentColor` on a 24 x 24 field."""
    font_px: int = DEFAULT_FONT_PX
    is_motion_reduced: bool = False
    is_compact: bool = False
    """The strip is a thin line until a tip comes."""

    def px(self, at_default: float) -> float:
        """`at_default` logical pixels, scaled with the text."""
        return at_default * self.font_px / DEFAULT_FONT_PX

    def font(self, at_default: float, *, is_bold: bool = False) -> QFont:
        """Inter, and Noto Sans SC for Chinese, with figures of one width."""
        font = QFont(["Inter", "Noto Sans SC", "sans-serif"])
        font.setPixelSize(round(self.px(at_default)))
        font.setWeight(QFont.Weight.DemiBold if is_bold else QFont.Weight.Medium)
        font.setHintingPreference(QFont.HintingPreference.PreferVerticalHinting)
        font.setFeature(QFont.Tag("tnum"), 1)
        return font

    def paint_panel(self, painter: QPainter, box: QRectF, fill: str, radius_px: float) -> None:
        """Draw a rounded pane of glass with its border inside of `box`."""
        line = self.px(self.theme.border_px)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(fill))
        painter.drawRoundedRect(box, self.px(radius_px), self.px(radius_px))
        painter.setPen(QPen(QColor(self.theme.border), line))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        radius = self.px(radius_px) - line / 2
        painter.drawRoundedRect(box.adjusted(line / 2, line / 2, -line / 2, -line / 2), radius, radius)

    def paint_icon(self, painter: QPainter, name: str, color: str, box: QRectF, stroke_px: float = STROKE_PX) -> None:
        """Draw the icon `name` into `box` with lines of `stroke_px` at the default size."""
        on_field = self.px(stroke_px) * 24 / box.width()
        svg = re.sub('stroke-width="[^"]*"', f'stroke-width="{on_field:.3f}"', self.icons[name])
        paint = QColor(color)
        svg = svg.replace("currentColor", paint.name())
        painter.save()
        painter.setOpacity(painter.opacity() * paint.alphaF())
        QSvgRenderer(QByteArray(svg.encode())).render(painter, box)
        painter.restore()


def load_look(
    resources: Path,
    *,
    theme: ThemeName = "dark",
    font_px: int = DEFAULT_FONT_PX,
    is_motion_reduced: bool = False,
    is_compact: bool = False,
) -> Look:
    """The look with the fonts and icons in `resources`; needs a QGuiApplication."""
    for file in sorted((resources / "fonts").glob("*.[ot]tf")):
        if QFontDatabase.addApplicationFont(str(file)) == -1:
            log.warning("font not usable", extra={"font": file.name})
    icons = {file.stem: file.read_text(encoding="utf-8") for file in sorted((resources / "icons").rglob("*.svg"))}
    size = min(max(font_px, MIN_FONT_PX), MAX_FONT_PX)
    return Look(THEMES[theme], icons, size, is_motion_reduced, is_compact)
