"""The stream window shows viewers what they may see, at fixed places, and stands still otherwise."""

import os
import random
import struct
import zlib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QLocale, QObject, QPoint, QRect, QSize, Qt, QTimer, QTranslator
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter
from typing_extensions import override

from martlive_desktop.core.events import SessionStarted, Tip
from martlive_desktop.ui.formats import price_text
from martlive_desktop.ui.stream_cards import Artist, clock_text, load_picture, wrapped
from martlive_desktop.ui.stream_state import (
    CardName,
    ChatQuestion,
    Countdown,
    Giveaway,
    ProductCard,
    StreamState,
    reduce,
    switch_card,
)
from martlive_desktop.ui.stream_window import CARD_NAMES, LAYOUTS, TITLE, SizeName, StreamCard, StreamWindow
from martlive_desktop.ui.theme import THEMES, Look, Theme
from martlive_desktop.ui.view_state import TipCard
from martlive_desktop.ui.window_style import surface_of
from tests.ui.test_theme import contrast

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

STATE = StreamState(
    ProductCard("Dew serum", 14.99),
    ChatQuestion("Rosa", "Does it work on dry skin?"),
    ("it takes two drops",),
    Countdown("Flash price", 0, 0),
    Giveaway("A full set", "Write DEW in the chat"),
)
TIP = TipCard("t1", "Say the price", 1, is_praise=False, shown_ms=0, expires_ms=60_000)
LONG = "Professional ceramic travel dryer with diffuser, concentrator and three levels of heat " * 3
CHINESE = "玻尿酸保湿精华液三十毫升敏感肌可以用" * 15

resizes_while_shown = pytest.mark.qt_log_ignore("does not support propagateSizeHints")


@pytest.fixture
def still(look: Look) -> Look:
    return replace(look, is_motion_reduced=True)


def shown(qtbot: "QtBot", look: Look, size: SizeName = "landscape", state: StreamState = STATE) -> StreamWindow:
    window = StreamWindow(look, size)
    window.setLocale(QLocale("en_US"))
    qtbot.addWidget(window)
    with qtbot.waitExposed(window):
        window.show()
    window.render_state(state)
    return window


def image_of(window: StreamWindow) -> QImage:
    image: QImage = window.grab().toImage()
    return image


def spoken(window: StreamWindow) -> list[str]:
    """What a screen reader finds, from the top."""
    cards = [card for card in window.findChildren(StreamCard) if card.isVisible()]
    return [card.accessibleName() for card in sorted(cards, key=lambda card: (card.y(), card.x()))]


def running_timers(parent: QObject) -> list[QTimer]:
    return [timer for timer in parent.findChildren(QTimer) if timer.isActive()]


def test_window_is_one_that_obs_lists_and_never_wants_the_focus(qtbot: "QtBot", look: Look) -> None:
    window = shown(qtbot, look)
    flags = window.windowFlags()
    assert flags & Qt.WindowType.WindowType_Mask == Qt.WindowType.Window
    assert flags & Qt.WindowType.FramelessWindowHint
    assert flags & Qt.WindowType.WindowDoesNotAcceptFocus
    assert not flags & (Qt.WindowType.WindowStaysOnTopHint | Qt.WindowType.X11BypassWindowManagerHint)
    assert window.windowTitle() == window.accessibleName() == TITLE == "MartLive Overlay"
    assert window.testAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)


@resizes_while_shown
def test_size_is_chosen_by_name(qtbot: "QtBot", look: Look) -> None:
    window = shown(qtbot, replace(look, font_px=32))
    assert window.size() == QSize(1920, 1080)
    window.set_size("portrait")
    assert (window.minimumSize(), window.maximumSize()) == (QSize(1080, 1920), QSize(1080, 1920))
    window.set_size("bar")
    assert window.size() == QSize(1280, 360)
    assert len(spoken(window)) == 5


def test_clicks_go_through_once_it_is_seen(qtbot: "QtBot", look: Look) -> None:
    window = shown(qtbot, look)
    qtbot.waitUntil(lambda: bool(window.windowHandle().flags() & Qt.WindowType.WindowTransparentForInput))


def test_minimising_is_undone(qtbot: "QtBot", look: Look) -> None:
    window = shown(qtbot, look)
    window.showMinimized()
    qtbot.waitUntil(lambda: not window.isMinimized())
    assert window.isVisible()


def test_every_card_says_what_it_shows(qtbot: "QtBot", still: Look) -> None:
    assert spoken(shown(qtbot, still)) == [
        "Rosa asks: Does it work on dry skin?",
        "Countdown: Flash price, 0:00 left",
        "Giveaway: A full set. Write DEW in the chat",
        "On sale: Dew serum, $14.99",
        "Captions: it takes two drops",
    ]


def test_cards_say_what_they_know_when_it_is_little(qtbot: "QtBot", still: Look) -> None:
    state = StreamState(
        ProductCard("Dew serum"), ChatQuestion("", "Is it vegan?"), (), Countdown("", 0, 0), Giveaway("A full set")
    )
    assert spoken(shown(qtbot, still, state=state)) == [
        "A viewer asks: Is it vegan?",
        "Countdown: 0:00 left",
        "Giveaway: A full set",
        "On sale: Dew serum",
    ]


@pytest.mark.parametrize("name", CARD_NAMES)
def test_cards_hide_one_by_one_and_nothing_else_moves(qtbot: "QtBot", still: Look, name: CardName) -> None:
    window = shown(qtbot, still)
    before = image_of(window)
    place = LAYOUTS["landscape"].places[name]
    window.render_state(switch_card(STATE, name, is_shown=False))
    assert len(spoken(window)) == 4
    after = image_of(window)
    box = QRect(place.left, place.top, place.width, place.height)
    assert before.pixelColor(box.center()).alpha() > 0
    assert after.pixelColor(box.center()).alpha() == 0
    for image in (before, after):
        painter = QPainter(image)
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Clear)
        painter.fillRect(box.adjusted(-40, -40, 40, 40), Qt.GlobalColor.transparent)
        painter.end()
    assert before == after
    window.render_state(STATE)
    assert len(spoken(window)) == 5


@pytest.mark.parametrize("size", LAYOUTS)
def test_places_lie_in_the_window_and_apart(size: SizeName) -> None:
    layout = LAYOUTS[size]
    boxes = [QRect(place.left, place.top, place.width, place.height) for place in layout.places.values()]
    assert all(QRect(0, 0, layout.width, layout.height).contains(box) for box in boxes)
    assert not [(a, b) for a in boxes for b in boxes if a is not b and a.intersects(b)]


def test_glass_has_its_opacity_and_the_rest_has_none(qtbot: "QtBot", still: Look) -> None:
    window = shown(qtbot, still)
    image = image_of(window)
    caption = LAYOUTS["landscape"].places["captions"]
    glass = image.pixelColor(caption.left + caption.width - 30, caption.top + caption.height - 30)
    assert glass.alpha() == QColor(still.theme.card).alpha() == 0xE8
    assert image.pixelColor(960, 500).alpha() == 0


def test_cards_fade_in_and_out(qtbot: "QtBot", look: Look) -> None:
    window = shown(qtbot, look)
    card = next(card for card in window.findChildren(StreamCard) if card.accessibleName().startswith("On sale"))
    assert image_of(window).pixelColor(100, 700).alpha() < 0xE8
    qtbot.waitUntil(lambda: image_of(window).pixelColor(100, 700).alpha() == 0xE8)
    window.render_state(replace(STATE, product=None))
    assert card.isVisible()
    qtbot.waitUntil(lambda: not card.isVisible())
    assert card.accessibleName() == ""


def test_card_that_comes_back_while_it_fades_stays(qtbot: "QtBot", look: Look) -> None:
    window = shown(qtbot, look)
    window.render_state(StreamState())
    window.render_state(STATE)
    qtbot.waitUntil(lambda: image_of(window).pixelColor(100, 700).alpha() == 0xE8)
    assert len(spoken(window)) == 5


def test_unchanged_state_paints_nothing(qtbot: "QtBot", still: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    window = shown(qtbot, still)
    painted: list[str] = []
    monkeypatch.setattr(StreamCard, "update", lambda self: painted.append(self.accessibleName()))
    window.render_state(replace(STATE, now_ms=99, captioned_ms=99))
    assert painted == []
    window.render_state(replace(STATE, captions=("it takes two drops not",)))
    assert painted == ["Captions: it takes two drops not"]


def test_nothing_ticks_without_a_countdown(qtbot: "QtBot", still: Look) -> None:
    window = shown(qtbot, still)
    assert running_timers(window) == []


def test_countdown_runs_to_its_end_and_then_stands_still(qtbot: "QtBot", still: Look) -> None:
    window = shown(qtbot, still, state=replace(STATE, countdown=Countdown("Ends", 0, 10_000), now_ms=8_800))
    assert "Countdown: Ends, 0:02 left" in spoken(window)
    assert len(running_timers(window)) == 1
    qtbot.waitUntil(lambda: "Countdown: Ends, 0:01 left" in spoken(window))
    qtbot.waitUntil(lambda: "Countdown: Ends, 0:00 left" in spoken(window))
    assert running_timers(window) == []


def test_countdown_that_nobody_sees_does_not_tick(qtbot: "QtBot", still: Look) -> None:
    counting = replace(STATE, countdown=Countdown("Ends", 0, 90_000))
    window = shown(qtbot, still, state=switch_card(counting, "countdown", is_shown=False))
    assert running_timers(window) == []
    window.render_state(counting)
    assert len(running_timers(window)) == 1
    window.hide()
    assert running_timers(window) == []
    window.show()
    assert len(running_timers(window)) == 1
    window.render_state(replace(counting, countdown=None))
    assert running_timers(window) == []


@pytest.mark.parametrize(
    ("left_ms", "text"), [(65_000, "1:05"), (64_001, "1:05"), (1, "0:01"), (0, "0:00"), (5_400_000, "90:00")]
)
def test_time_left_is_minutes_and_seconds(left_ms: int, text: str) -> None:
    assert clock_text(left_ms) == text


def test_tips_are_not_shown_unless_the_streamer_says_so(qtbot: "QtBot", still: Look) -> None:
    window = shown(qtbot, still)
    before = image_of(window)
    assert not window.shows_tips
    assert window.show_tip(TIP) is False
    window.remove_tip()
    assert image_of(window) == before
    assert len(window.findChildren(StreamCard)) == 5


def test_tips_are_shown_from_the_next_one_on_if_the_streamer_says_so(qtbot: "QtBot", still: Look) -> None:
    window = shown(qtbot, still)
    before = image_of(window)
    window.show_tip(TIP)
    window.set_shows_tips(True)
    assert image_of(window) == before
    assert window.show_tip(TIP) is True
    assert "Now: Say the price" in spoken(window)
    assert image_of(window) != before
    window.remove_tip()
    assert image_of(window) == before


def test_tips_are_gone_at_once_when_the_streamer_changes_her_mind(qtbot: "QtBot", look: Look) -> None:
    window = shown(qtbot, look)
    window.set_shows_tips(True)
    window.show_tip(TIP)
    window.set_shows_tips(False)
    assert "Now: Say the price" not in spoken(window)
    window.set_shows_tips(True)
    assert "Now: Say the price" not in spoken(window)


@resizes_while_shown
def test_tip_stays_through_another_look(qtbot: "QtBot", still: Look) -> None:
    window = shown(qtbot, still)
    window.set_shows_tips(True)
    window.show_tip(TIP)
    window.set_look(replace(still, theme=THEMES["light"]))
    window.set_size("bar")
    assert spoken(window).count("Now: Say the price") == 1


@resizes_while_shown
@pytest.mark.parametrize("seed", range(4))
def test_no_tip_is_ever_seen_in_100_random_switches(qtbot: "QtBot", still: Look, seed: int) -> None:
    """Four times 25: the window that gets every tip looks the same as one that never heard of tips."""
    choose = random.Random(seed)
    told, untold = shown(qtbot, still, "bar"), shown(qtbot, still, "bar")
    state = STATE
    for step in range(25):
        text = f"SECRET {step}"
        tip = TipCard(f"t{step}", text, step % 4, is_praise=step % 5 == 0, shown_ms=0, expires_ms=60_000)
        if choose.random() < 0.4:
            told.set_shows_tips(True)
            assert told.show_tip(tip)
            assert image_of(told) != image_of(untold), "the comparison would see a tip"
            told.set_shows_tips(False)
        match choose.randrange(5):
            case 0:
                size: SizeName = choose.choice(list(LAYOUTS))
                told.set_size(size)
                untold.set_size(size)
            case 1:
                look = replace(still, theme=choose.choice(list(THEMES.values())))
                told.set_look(look)
                untold.set_look(look)
            case 2:
                mode = choose.choice(["selling", "gaming", "talk"])
                state = reduce(state, SessionStarted(0, "1", mode, "microphone", (), ""))
                state = replace(state, question=STATE.question, captions=STATE.captions)
            case 3:
                name = choose.choice(CARD_NAMES)
                state = switch_card(state, name, is_shown=name in state.hidden)
            case 4:
                told.hide()
                told.show()
        # A session's events go through the state, and the tip itself is handed over as well.
        state = reduce(state, Tip(0, f"t{step}", "c", "price", text, step % 4, "rules", 60_000))
        told.show_tip(tip)
        told.render_state(state)
        untold.render_state(state)
        assert image_of(told) == image_of(untold)
        assert not [name for name in spoken(told) if "SECRET" in name]


@pytest.mark.parametrize(
    ("amount", "currency", "country", "text"),
    [
        (14.99, "USD", "en_US", "$14.99"),
        (12.0, "USD", "en_US", "$12"),
        (1249.5, "USD", "de_DE", "1.249,50\u00a0$"),
        (14.99, "EUR", "de_DE", "14,99\u00a0€"),
        (14.99, "EUR", "en_IE", "€14.99"),
        (14.99, "CHF", "en_US", "CHF\u00a014.99"),
        (14.99, "CHF", "de_DE", "14,99\u00a0CHF"),
        (129.0, "CNY", "zh_CN", "¥129"),
        (129.0, "CNY", "en_US", "CNY\u00a0129"),
        (1980.4, "JPY", "en_US", "¥1,980"),
        (20.0, "CAD", "en_CA", "$20"),
        (20.0, "CAD", "en_US", "CAD\u00a020"),
        (19.999, "USD", "en_US", "$20"),
    ],
)
def test_price_is_written_as_in_the_viewers_country(amount: float, currency: str, country: str, text: str) -> None:
    assert price_text(amount, currency, QLocale(country)) == text


def test_price_follows_the_country(qtbot: "QtBot", still: Look) -> None:
    window = shown(qtbot, still)
    window.setLocale(QLocale("de_DE"))
    assert "On sale: Dew serum, 14,99\u00a0$" in spoken(window)


def test_words_follow_the_language(qtbot: "QtBot", still: Look) -> None:
    class Chinese(QTranslator):
        @override
        def translate(self, context: str, sourceText: str, disambiguation: str | None = None, n: int = -1) -> str:
            return "{user}问" if (context, sourceText) == ("stream_cards", "{user} asks") else ""

        @override
        def isEmpty(self) -> bool:
            return False

    window = shown(qtbot, still)
    chinese = Chinese()
    QCoreApplication.installTranslator(chinese)
    QCoreApplication.sendPostedEvents(window, QEvent.Type.LanguageChange)
    QCoreApplication.processEvents()
    try:
        assert "Rosa问: Does it work on dry skin?" in spoken(window)
    finally:
        QCoreApplication.removeTranslator(chinese)
        QCoreApplication.processEvents()


@pytest.mark.parametrize(
    "text", [LONG, CHINESE, "W" * 280, "two words", ""], ids=["long", "zh", "wide", "short", "none"]
)
@pytest.mark.parametrize("most", [1, 2, 3])
def test_text_is_wrapped_and_its_end_left_out(look: Look, text: str, most: int) -> None:
    font = look.font(32, is_bold=True)
    lines = wrapped(text, font, 500, most)
    assert len(lines) <= most
    assert all(QFontMetricsF(font).horizontalAdvance(line) <= 500 for line in lines)
    assert "".join("".join(lines).split()).rstrip("…") in "".join(text.split())
    assert (len(text) > 200) == bool(lines and lines[-1].endswith("…"))


@pytest.mark.parametrize("size", LAYOUTS)
@pytest.mark.parametrize("text", [LONG, CHINESE, "W" * 280], ids=["long", "zh", "wide"])
def test_every_face_fits_into_its_place(look: Look, size: SizeName, text: str) -> None:
    layout = LAYOUTS[size]
    artist, places = Artist(look, layout.scale, QLocale("en_US")), layout.places
    captions, giveaway = places["captions"], places["giveaway"]
    heights = {
        "product": artist.product(ProductCard(text, 1e9), QImage(), places["product"].width).height_px,
        "question": artist.question(ChatQuestion(text, text), places["question"].width).height_px,
        "captions": artist.captions((text[:42], text[:42]), captions.width).height_px,
        "countdown": artist.countdown(Countdown(text, 0, 9_000_000), 0, places["countdown"].width).height_px,
        "giveaway": artist.giveaway(Giveaway(text, text), giveaway.width, giveaway.height).height_px,
        "tip": artist.tip(replace(TIP, text=text), places["tip"].width).height_px,
    }
    assert {name for name, height in heights.items() if height > places[name].height + 1} == set()  # type: ignore[index]


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES.keys())
@pytest.mark.parametrize("accent", ["note", "praise"])
def test_words_on_an_accent_can_be_read(theme: Theme, accent: str) -> None:
    assert contrast(surface_of(theme).on_accent, getattr(theme, accent), "#808080") >= 4.5


def painted(path: Path, width: int = 60, height: int = 40) -> str:
    """A red picture in the file `path`; one whose ending says nothing is a PNG."""
    image = QImage(width, height, QImage.Format.Format_RGB32)
    image.fill(QColor("#ff0000"))
    known = path.with_suffix(path.suffix.replace("photo", "png"))
    assert image.save(str(known))
    known.rename(path)
    return str(path)


def png_header(width: int, height: int) -> bytes:
    """The beginning of a picture that claims to be of this size."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = b"IDAT" + zlib.compress(b"\0" * 1000)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk)) for chunk in (header, body)
    )


@pytest.mark.parametrize("name", ["mug.png", "mug.jpg", "mug.webp", "mug.photo"])
@pytest.mark.parametrize("size", [(60, 40), (3, 900), (4000, 2)], ids=["small", "tall", "wide"])
def test_picture_is_kept_as_a_small_square(tmp_path: Path, name: str, size: tuple[int, int]) -> None:
    image, trouble = load_picture(painted(tmp_path / name, *size))
    assert (image.size(), trouble) == (QSize(256, 256), "")
    assert image.pixelColor(128, 128).red() > 240


def test_picture_on_the_card_is_seen(qtbot: "QtBot", still: Look, tmp_path: Path) -> None:
    product = ProductCard("Dew serum", 14.99, picture=painted(tmp_path / "mug.png"))
    window = shown(qtbot, still, state=replace(STATE, product=product))
    place = LAYOUTS["landscape"].places["product"]
    assert image_of(window).pixelColor(place.left + 90, place.top + 90).name() == "#ff0000"


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("huge.png", png_header(10_000, 10_000), "huge.png is very large; save it with up to 4000 pixels a side"),
        ("endless.png", png_header(2**31 - 1, 2**31 - 1), "endless.png is "),
        ("notes.png", b"hello", "notes.png is no picture that fits here; use a JPEG, PNG or WebP file."),
        ("drawing.svg", b"<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>", "drawing.svg is no picture"),
        ("empty.png", b"", "empty.png is no picture that fits here"),
        ("gone.png", None, "gone.png is no picture that fits here"),
        ("torn.png", png_header(300, 300)[:60], "torn.png cannot be opened; save the picture again"),
    ],
    ids=lambda value: value if isinstance(value, str) and "." in value[-5:] else "",
)
@pytest.mark.qt_log_ignore("libpng", "QImage", "qt.gui.imageio")
def test_picture_that_is_none_is_left_out_with_one_sentence(
    qtbot: "QtBot", still: Look, tmp_path: Path, name: str, content: bytes | None, sentence: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    window = shown(qtbot, still)
    said: list[str] = []
    window.picture_left_out.connect(said.append)
    product = ProductCard("Dew serum", 14.99, picture=str(tmp_path / name))
    window.render_state(replace(STATE, product=product))
    window.render_state(replace(STATE, product=replace(product, price=9.99)))
    assert len(said) == 1
    assert said[0].startswith(sentence)
    assert "On sale: Dew serum, $9.99" in spoken(window)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes")
def test_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    assert load_picture(str(tmp_path / "pipe.png")).trouble


@pytest.mark.qt_log_ignore("libpng", "qt.gui.imageio")
def test_picture_is_shown_once_it_is_mended(qtbot: "QtBot", still: Look, tmp_path: Path) -> None:
    (tmp_path / "mug.png").write_bytes(b"no picture")
    product = ProductCard("Dew serum", 14.99, picture=str(tmp_path / "mug.png"))
    window = shown(qtbot, still, state=replace(STATE, product=product))
    painted(tmp_path / "mug.png")
    window.render_state(replace(STATE, product=replace(product, price=9.99)))
    place = LAYOUTS["landscape"].places["product"]
    assert image_of(window).pixelColor(QPoint(place.left + 90, place.top + 90)).name() == "#ff0000"
