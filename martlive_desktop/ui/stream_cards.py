"""The cards that viewers see: what each says, and how it is drawn."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QCoreApplication, QLocale, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QImage,
    QImageReader,
    QPainter,
    QPainterPath,
    QPen,
    QTextLayout,
    QTextOption,
)

from martlive_desktop.ui.formats import labelled_text, price_text, time_text
from martlive_desktop.ui.theme import GLYPH_STROKE_PX, sign_of
from martlive_desktop.ui.window_style import surface_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from martlive_desktop.ui.stream_state import ChatQuestion, Countdown, Giveaway, ProductCard
    from martlive_desktop.ui.theme import Look
    from martlive_desktop.ui.view_state import TipCard

RADIUS_PX, PAD_PX = 24, 26
LABEL_PX, TEXT_PX, BIG_PX, CAPTION_PX, TIME_PX = 24, 32, 44, 42, 58
"""Sizes of text where the stream is 1080 pixels high: a phone shows it at a third, and 24 px are 8 there."""

LEADING = 1.26
"""Distance of two lines over the size of their text."""

AVATAR_PX, RING_PX, RING_LINE_PX, GLYPH_PX = 68, 72, 8, 28
PICTURE_RADIUS_PX, PILL_PAD_PX = 14, 14
SMALLEST_SHARE = 0.6
"""How much smaller a price or a caption may become before its end is left out."""

GIVEAWAY_LINES = ((2, 2), (2, 1), (1, 1))
"""Lines of its title and of what to do; fewer where the place is low."""

SHORT_MS = 10_000
"""The last seconds of a countdown have the colour of what is urgent."""

translate = QCoreApplication.translate

PICTURE_SIDE_PX = 256
"""Side of the square that is kept of a picture, in pixels: what the card takes at twice its size."""

MOST_PIXELS = {"jpeg": 50_000_000, "png": 16_000_000, "webp": 16_000_000}
"""Pixels of a picture by its format: phones take 48 megapixels. A JPEG of that size is decoded at an eighth of it in
0.2 s; the others are decoded whole, which takes 0.3 s at 16 megapixels, and the overlay stands still meanwhile."""


class Face(NamedTuple):
    """One card, ready to be drawn."""

    spoken: str
    """What a screen reader says."""
    height_px: float
    """In pixels of the stream."""
    paint: Callable[[QPainter, QRectF], None]
    """Draws what lies on the glass into a rectangle of that height."""


class Picture(NamedTuple):
    """A picture of a product, or one sentence that says why it is left out."""

    image: QImage
    trouble: str = ""


class Row(NamedTuple):
    """One line of text; `step_px` is the distance of its baseline from the one before."""

    text: str
    font: QFont
    color: str
    step_px: float = 0.0


def load_picture(path: str) -> Picture:
    """The middle square of the picture in the file `path`, never more of it in memory than Qt allows."""
    name = Path(path).name
    reader = QImageReader(path)
    reader.setDecideFormatFromContent(True)
    # A pipe would be waited for.
    kind = bytes(reader.format().data()).decode() if Path(path).is_file() else ""
    size = reader.size() if kind in MOST_PIXELS else QSize()
    if not size.isValid():
        sentence = translate("stream_cards", "{name} is no picture that fits here; use a JPEG, PNG or WebP file.")
        return Picture(QImage(), sentence.format(name=name))
    if size.width() * size.height() > MOST_PIXELS[kind]:
        sentence = translate(
            "stream_cards", "{name} is very large; save it with up to 4000 pixels a side, and it will show."
        )
        return Picture(QImage(), sentence.format(name=name))
    side = min(size.width(), size.height())
    reader.setClipRect(QRect((size.width() - side) // 2, (size.height() - side) // 2, side, side))
    reader.setScaledSize(QSize(PICTURE_SIDE_PX, PICTURE_SIDE_PX))
    reader.setAutoTransform(True)
    image = reader.read()
    if image.isNull():
        sentence = translate("stream_cards", "{name} cannot be opened; save the picture again, and it will show.")
        return Picture(QImage(), sentence.format(name=name))
    return Picture(image)


def clock_text(left_ms: int) -> str:
    """`left_ms` as `1:05`; the last second says 0:01, and only the end 0:00."""
    return time_text(-(-left_ms // 1000))


def wrapped(text: str, font: QFont, width_px: float, most_lines: int) -> tuple[str, ...]:
    """`text` on up to `most_lines` lines of `width_px`; what does not fit is left out at the end."""
    layout = QTextLayout(text, font)
    option = QTextOption()
    option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
    layout.setTextOption(option)
    metrics = QFontMetricsF(font)
    lines: list[str] = []
    layout.beginLayout()
    while len(lines) < most_lines and (line := layout.createLine()).isValid():
        line.setLineWidth(width_px)
        start, length = line.textStart(), line.textLength()
        rest = text[start:] if len(lines) == most_lines - 1 else text[start : start + length]
        lines.append(metrics.elidedText(rest.strip(), Qt.TextElideMode.ElideRight, width_px))
    layout.endLayout()
    return tuple(lines)


def paint_shadow(painter: QPainter, box: QRectF, radius_px: float, strength: float, spread_px: float) -> None:
    """Draw soft shade around `box` and a little below it, and nothing under it, so that the glass keeps its opacity."""
    around = box.translated(0, spread_px / 5)
    color = QColor("black")
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Source)
    steps = round(spread_px)
    for step in range(steps, -1, -1):
        out = spread_px * step / steps
        color.setAlphaF(strength * (1 - step / steps) ** 2.2)
        painter.setBrush(color)
        painter.drawRoundedRect(around.adjusted(-out, -out, out, out), radius_px + out, radius_px + out)
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Clear)
    painter.drawRoundedRect(box, radius_px, radius_px)
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceOver)


@dataclass(frozen=True, slots=True)
class Artist:
    """Makes the face of each card for one look, size and country; all measures are pixels of the stream."""

    look: Look
    scale: float
    """1 where the stream is 1080 pixels high."""
    locale: QLocale

    def product(self, card: ProductCard, picture: QImage, width_px: float) -> Face:
        """What is on sale, and for how much."""
        theme, pad = self.look.theme, self._px(PAD_PX)
        price = "" if card.price is None else price_text(card.price, card.currency, self.locale)
        height = self._px(180)
        side = 0.0 if picture.isNull() else height - 2 * pad
        left = pad + (side + pad if side else self._px(8))
        room = width_px - left - pad
        name_font = self._font(TEXT_PX)
        rows = self._rows(wrapped(card.name, name_font, room, 2), name_font, theme.text)
        if price:
            font = self._fitted(price, BIG_PX, room)
            # Figures of one width would leave a price that begins with 1 visibly indented.
            font.unsetFeature(QFont.Tag("tnum"))
            rows.append(Row(_elided(price, font, room), font, theme.note, self._px(58)))

        def paint(painter: QPainter, box: QRectF) -> None:
            if side:
                self._paint_picture(painter, picture, QRectF(box.left() + pad, box.top() + pad, side, side))
            _paint_rows(painter, rows, box.adjusted(left, 0, -pad, 0))

        says = (
            translate("stream_cards", "On sale: {name}, {price}")
            if price
            else translate("stream_cards", "On sale: {name}")
        )
        return Face(says.format(name=card.name, price=price), height, paint)

    def question(self, card: ChatQuestion, width_px: float) -> Face:
        """What a viewer asks."""
        theme, pad, avatar = self.look.theme, self._px(PAD_PX), self._px(AVATAR_PX)
        left = pad + avatar + self._px(22)
        room = width_px - left - pad
        label_font, font = self._font(LABEL_PX), self._font(TEXT_PX)
        asks = shown = translate("stream_cards", "A viewer asks")
        if card.user:
            someone_asks = translate("stream_cards", "{user} asks")
            asks = someone_asks.format(user=card.user)
            # The end of a long name is left out, not the word after it.
            beside = QFontMetricsF(label_font).horizontalAdvance(someone_asks.format(user=""))
            shown = someone_asks.format(user=_elided(card.user, label_font, room - beside))
        rows = [Row(_elided(shown, label_font, room), label_font, theme.text_dim)]
        below = self._rows(wrapped(card.text, font, room, 3), font, theme.text)
        below[:1] = [row._replace(step_px=self._px(46)) for row in below[:1]]
        rows += below
        height = max(_height(rows), avatar) + 2 * pad

        def paint(painter: QPainter, box: QRectF) -> None:
            disc = QRectF(box.left() + pad, box.top() + pad, avatar, avatar)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(theme.note))
            painter.drawEllipse(disc)
            initial = Row(card.user[:1].upper() or "?", self._font(TEXT_PX), surface_of(theme).on_accent)
            _paint_rows(painter, [initial], disc, is_centred=True)
            _paint_rows(painter, rows, box.adjusted(left, 0, -pad, 0))

        return Face(labelled_text(asks, card.text), height, paint)

    def captions(self, lines: Sequence[str], width_px: float) -> Face:
        """What the streamer says."""
        pad = self._px(PAD_PX)
        room = width_px - 2 * self._px(36)
        widest = max(lines, key=QFontMetricsF(self._font(CAPTION_PX)).horizontalAdvance)
        font = self._fitted(widest, CAPTION_PX, room)
        rows = self._rows([_elided(line, font, room) for line in lines], font, self.look.theme.text)
        leading = self._px(CAPTION_PX * LEADING)
        cap = QFontMetricsF(self._font(CAPTION_PX)).capHeight()

        def paint(painter: QPainter, box: QRectF) -> None:
            _paint_rows(painter, rows, box.adjusted((box.width() - room) / 2, 0, 0, 0))

        height = cap + (len(lines) - 1) * leading + 2 * pad
        return Face(translate("stream_cards", "Captions: {words}").format(words=" ".join(lines)), height, paint)

    def countdown(self, card: Countdown, at_ms: int, width_px: float) -> Face:
        """How much time is left."""
        theme, pad, ring = self.look.theme, self._px(PAD_PX), self._px(RING_PX)
        time, line = clock_text(card.left_ms(at_ms)), self._px(RING_LINE_PX)
        left = pad + ring + self._px(22)
        room = width_px - left - pad
        label_font, font = self._font(LABEL_PX), self._fitted(time, TIME_PX, room)
        rows = [Row(_elided(card.label, label_font, room), label_font, theme.text_dim)] if card.label else []
        rows.append(Row(time, font, theme.text, self._px(62)))
        part = card.part_left(at_ms)
        color = theme.critical if card.left_ms(at_ms) <= SHORT_MS else theme.now

        def paint(painter: QPainter, box: QRectF) -> None:
            disc = QRectF(box.left() + pad, box.center().y() - ring / 2, ring, ring)
            disc.adjust(line / 2, line / 2, -line / 2, -line / 2)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(theme.off), line))
            painter.drawEllipse(disc)
            if part:
                pen = QPen(QColor(color), line)
                pen.setCapStyle(Qt.PenCapStyle.RoundCap)
                painter.setPen(pen)
                # Qt counts sixteenths of a degree, anticlockwise from three o'clock.
                painter.drawArc(disc, 90 * 16, -round(part * 360 * 16))
            _paint_rows(painter, rows, box.adjusted(left, 0, -pad, 0))

        says = (
            translate("stream_cards", "Countdown: {label}, {time} left")
            if card.label
            else translate("stream_cards", "Countdown: {time} left")
        )
        return Face(says.format(label=card.label, time=time), self._px(136), paint)

    def giveaway(self, card: Giveaway, width_px: float, most_px: float) -> Face:
        """What can be won, and how, on no more height than `most_px`."""
        theme, pad = self.look.theme, self._px(PAD_PX)
        room = width_px - 2 * pad
        word, word_font = translate("stream_cards", "Giveaway"), self._font(LABEL_PX - 2)
        pill_height = self._px(40)
        pill_width = QFontMetricsF(word_font).horizontalAdvance(word) + 2 * self._px(PILL_PAD_PX)
        top = pad + pill_height + self._px(24)
        rows: list[Row] = []
        for title_lines, action_lines in GIVEAWAY_LINES:
            rows = self._giveaway_rows(card, room, title_lines, action_lines)
            if top + _height(rows) + pad <= most_px:
                break

        def paint(painter: QPainter, box: QRectF) -> None:
            pill = QRectF(box.left() + pad, box.top() + pad, pill_width, pill_height)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(theme.praise))
            painter.drawRoundedRect(pill, pill_height / 2, pill_height / 2)
            _paint_rows(painter, [Row(word, word_font, surface_of(theme).on_accent)], pill, is_centred=True)
            _paint_rows(painter, rows, box.adjusted(pad, top, -pad, -pad))

        says = (
            translate("stream_cards", "Giveaway: {title}. {action}")
            if card.action
            else translate("stream_cards", "Giveaway: {title}")
        )
        return Face(says.format(title=card.title, action=card.action), top + _height(rows) + pad, paint)

    def tip(self, card: TipCard, width_px: float) -> Face:
        """What the coach says, for viewers of a streamer who wants it so."""
        sign, height = sign_of(card, self.look.theme), self._px(88)
        pad, glyph = self._px(PAD_PX), self._px(GLYPH_PX)
        left = pad + glyph + self._px(20)
        room = width_px - left - pad
        font = self._fitted(card.text, TEXT_PX, room)
        row = Row(_elided(card.text, font, room), font, self.look.theme.text)

        def paint(painter: QPainter, box: QRectF) -> None:
            mark = QRectF(box.left() + pad, box.center().y() - glyph / 2, glyph, glyph)
            self.look.paint_icon(painter, sign.glyph, sign.color, mark, GLYPH_STROKE_PX * glyph / 15)
            _paint_rows(painter, [row], box.adjusted(left, 0, -pad, 0))

        return Face(labelled_text(sign.word, card.text), height, paint)

    def _px(self, at_full: float) -> float:
        return at_full * self.scale

    def _font(self, at_full: float) -> QFont:
        return self.look.font(self._px(at_full), is_bold=True)

    def _fitted(self, text: str, at_full: float, room_px: float) -> QFont:
        """The font at which `text` fits into `room_px`, but not below what can be read."""
        wide = QFontMetricsF(self._font(at_full)).horizontalAdvance(text)
        return self._font(at_full * max(min(room_px / max(wide, 1), 1), SMALLEST_SHARE))

    def _rows(self, lines: Sequence[str], font: QFont, color: str) -> list[Row]:
        step = font.pixelSize() * LEADING
        return [Row(line, font, color, step) for line in lines]

    def _giveaway_rows(self, card: Giveaway, room_px: float, title_lines: int, action_lines: int) -> list[Row]:
        title_font, action_font = self._font(TEXT_PX), self._font(LABEL_PX)
        rows = self._rows(wrapped(card.title, title_font, room_px, title_lines), title_font, self.look.theme.text)
        actions = wrapped(card.action, action_font, room_px, action_lines)
        below = self._rows(actions, action_font, self.look.theme.text_dim)
        below[:1] = [row._replace(step_px=self._px(44)) for row in below[:1]]
        return rows + below

    def _paint_picture(self, painter: QPainter, picture: QImage, box: QRectF) -> None:
        path = QPainterPath()
        radius = self._px(PICTURE_RADIUS_PX)
        path.addRoundedRect(box, radius, radius)
        side = round(box.width())
        scaled = picture.scaled(
            side, side, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation
        )
        painter.save()
        painter.setClipPath(path)
        painter.drawImage(box, scaled)
        painter.restore()
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(self.look.theme.border), self.look.theme.border_px))
        painter.drawPath(path)


def _elided(text: str, font: QFont, room_px: float) -> str:
    return QFontMetricsF(font).elidedText(text, Qt.TextElideMode.ElideRight, room_px)


def _height(rows: Sequence[Row]) -> float:
    """From the top of the first capital to the last baseline."""
    return QFontMetricsF(rows[0].font).capHeight() + sum(row.step_px for row in rows[1:])


def _paint_rows(painter: QPainter, rows: Sequence[Row], box: QRectF, *, is_centred: bool = False) -> None:
    """Draw `rows` in the middle of the height of `box`, measured by capitals: descents would leave them visibly low."""
    if not rows:
        return
    baseline = box.center().y() - _height(rows) / 2 + QFontMetricsF(rows[0].font).capHeight()
    for i, row in enumerate(rows):
        baseline += row.step_px if i else 0
        indent = (box.width() - QFontMetricsF(row.font).horizontalAdvance(row.text)) / 2 if is_centred else 0
        painter.setFont(row.font)
        painter.setPen(QColor(row.color))
        painter.drawText(QPointF(box.left() + indent, baseline), row.text)
