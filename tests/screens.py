"""Pictures of every window, `python -m tests.screens`: all of them in build/screens/, a choice in docs/screens/."""

# ruff: noqa: RUF001 - Chinese has punctuation of its own.

from __future__ import annotations

import argparse
import atexit
import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PIL import Image
from PySide6.QtCore import QDeadlineTimer, QEvent, QEventLoop, QLocale, QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QKeyEvent, QLinearGradient, QPainter, QRegion
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QMessageBox, QWidget

from martlive_desktop.core.events import Chat, Screen
from martlive_desktop.core.plan import Product, ShowPlan
from martlive_desktop.settings import HotkeySettings, Settings
from martlive_desktop.ui.first_run import FirstRun
from martlive_desktop.ui.first_run_state import STEPS, FirstRunState, ModelLine, SourceResult
from martlive_desktop.ui.history_details import HistoryDetails
from martlive_desktop.ui.history_rows import HistoryList
from martlive_desktop.ui.history_state import HistoryState, PastShow, SaidLine, SaidLines, StoreRoom
from martlive_desktop.ui.history_window import HistoryWindow
from martlive_desktop.ui.hotkey_field import HotkeyField
from martlive_desktop.ui.model_view import ModelView
from martlive_desktop.ui.notice import Notice
from martlive_desktop.ui.overlay import Overlay
from martlive_desktop.ui.plan_editor import PlanEditor, PlanFiles
from martlive_desktop.ui.plan_table import ProductModel
from martlive_desktop.ui.recent_tips import RecentTips
from martlive_desktop.ui.screen_picker import PickerState, ScreenPicker, SourceChoice
from martlive_desktop.ui.senses_state import ChatLine, PartLoad, SensesState
from martlive_desktop.ui.senses_window import SensesWindow
from martlive_desktop.ui.settings_controls import Offer
from martlive_desktop.ui.settings_pages import PAGES
from martlive_desktop.ui.settings_window import SettingsChoices, SettingsWindow
from martlive_desktop.ui.source_tiles import SourceTile
from martlive_desktop.ui.stream_panel import StreamPanel
from martlive_desktop.ui.stream_state import ChatQuestion, Countdown, Giveaway, ProductCard, StreamState
from martlive_desktop.ui.stream_window import LAYOUTS, SizeName, StreamWindow
from martlive_desktop.ui.theme import Look, ThemeName, load_look
from martlive_desktop.ui.translation import install_translation
from martlive_desktop.ui.tray import Tray
from martlive_desktop.ui.view_state import OverlayState, TipCard

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

ROOT = Path(__file__).resolve().parents[1]
RESOURCES, ALL, CHOSEN = ROOT / "resources", ROOT / "build/screens", ROOT / "docs/screens"

SCALES = (1, 2)
LANGUAGES = ("en", "zh_CN")
WINDOW_THEMES: tuple[ThemeName, ...] = ("dark", "light", "contrast")
OVERLAY_THEMES: tuple[ThemeName, ...] = (*WINDOW_THEMES, "opaque")

MESSAGE_FONT_PX = 13
"""Of menus and messages: the program's own."""

TIP_MS = 57_600_000
"""A tip's ring moves a sixteenth of a degree in ten seconds of so long a time: every run draws the same one."""

WAIT_MS = 10_000
"""For what a window reads beside the event loop."""

POLL_MS = 50

HUES = (24, 90, 200)
"""Of the products in the pictures."""

MONITOR_PX = (1920, 1080)
"""Of what the windows lie on: Qt's own would be too small for them."""

MONITOR = {"name": "screen", "x": 0, "y": 0, "logicalDpi": 96, "logicalBaseDpi": 96, "dpr": 1}

MOST_BYTES = 3_600_000
"""Of all pictures in docs/screens."""

CONTACT_PX, CONTACT_COLUMNS = 300, 6
"""Width of a picture on a contact sheet, and how many lie side by side."""


@dataclass(frozen=True, slots=True)
class Show:
    """What is sold, said and asked in the pictures, in one language."""

    title: str
    currency: str
    products: tuple[Product, ...]
    tips: tuple[str, str, str, str]
    """Urgent, now, a note, praise."""
    long_tip: str
    chat: tuple[tuple[str, str], ...]
    said: tuple[str, ...]
    partial: str
    prize: tuple[str, str]
    countdown: str
    sponsor: str


SHOWS: Final = {
    "en": Show(
        "Sunday kitchen bench",
        "USD",
        (
            Product(
                "Cast iron skillet",
                aliases=("skillet",),
                price=39.95,
                facts=("26 cm, 2.1 kg", "pre-seasoned", "works on induction"),
                talking_points=("sear a steak live", "how to clean it"),
                do_not_say=("non-stick forever",),
                minutes=5,
            ),
            Product("Ash cutting board", price=46.5, facts=("end grain",), minutes=6),
            Product("Stoneware mug, set of two", price=28, minutes=4),
            Product("Carbon steel chef’s knife", price=119, minutes=8),
            Product("Linen apron", price=34.9, minutes=4),
        ),
        ("Mic silent – check mute", "Rosa: safe for cats?", "Say the price", "Great pace"),
        "Tell newcomers how to order before the next item",
        (
            ("Rosa", "is the handle safe in the oven?"),
            ("kim_bakes", "does it come with a lid?"),
            ("Jonas", "how much is shipping to Canada?"),
            ("Mei", "love the color!"),
            ("Tom", "what sizes are there?"),
        ),
        ("This one is cast iron, pre-seasoned, and it works on induction.", "You can take it from the stove"),
        "straight into the oven",
        ("Win a stoneware mug", "Write MUG in the chat"),
        "Sale ends in",
        "Pine & Salt",
    ),
    "zh_CN": Show(
        "周日厨房直播",
        "CNY",
        (
            Product(
                "铸铁煎锅",
                aliases=("煎锅",),
                price=299,
                facts=("26 厘米，2.1 公斤", "已开锅", "可用于电磁炉"),
                talking_points=("现场煎牛排", "怎么清洗"),
                do_not_say=("永不粘锅",),
                minutes=5,
            ),
            Product("白蜡木砧板", price=168.5, facts=("端面木纹",), minutes=6),
            Product("粗陶马克杯两只装", price=98, minutes=4),
            Product("碳钢主厨刀", price=459, minutes=8),
            Product("亚麻围裙", price=129.9, minutes=4),
        ),
        ("麦克风没声音，请检查静音", "小玫：猫能用吗？", "说一下价格", "语速很好"),
        "下一个商品之前告诉新观众怎么下单",
        (
            ("小玫", "手柄可以进烤箱吗？"),
            ("阿金", "带锅盖吗？"),
            ("乔纳斯", "寄到加拿大多少钱？"),
            ("小美", "颜色真好看！"),
            ("老汤", "有哪些尺寸？"),
        ),
        ("这一款是铸铁的，已经开好锅，电磁炉也能用。", "可以直接从灶上"),
        "放进烤箱",
        ("抽一只粗陶马克杯", "在聊天里写“杯子”"),
        "优惠倒计时",
        "松与盐",
    ),
}


# Pictures that stand in for the camera and for photographs of products


def camera(show: int = 0) -> QImage:
    """A kitchen bench as a camera might show it; `show` moves the light."""
    size = QSize(1280, 720)
    image = QImage(size, QImage.Format.Format_RGB32)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    wide, high = size.width(), size.height()
    wall = QLinearGradient(0, 0, wide, high)
    wall.setColorAt(0, QColor("#33466b" if show == 0 else "#2c5a52"))
    wall.setColorAt(1, QColor("#a87a5b" if show == 0 else "#c79a52"))
    painter.fillRect(image.rect(), wall)
    for i in range(9):
        painter.setBrush(QColor(255, 226, 170, 26 + 6 * (i % 4)))
        painter.drawEllipse(QPoint(wide * (7 * i % 10) // 10, high * (2 + 3 * i % 4) // 12), wide // 22, wide // 22)
    painter.setBrush(QColor("#6b4a35"))
    painter.drawRect(0, high * 72 // 100, wide, high)
    painter.setBrush(QColor("#2b2f3a"))
    painter.drawRoundedRect(QRectF(wide * 0.34, high * 0.46, wide * 0.26, high * 0.4), wide / 12, wide / 12)
    painter.setBrush(QColor("#d9a98a"))
    painter.drawEllipse(QRectF(wide * 0.41, high * 0.2, wide * 0.12, high * 0.27))
    painter.setBrush(QColor("#191b20"))
    painter.drawEllipse(QRectF(wide * 0.62, high * 0.7, wide * 0.2, high * 0.1))
    painter.drawRoundedRect(QRectF(wide * 0.8, high * 0.735, wide * 0.12, high * 0.025), 6, 6)
    painter.setBrush(QColor(17, 19, 24, 190))
    painter.drawRoundedRect(QRectF(wide * 0.73, high * 0.08, wide * 0.24, high * 0.5), 14, 14)
    for i in range(6):
        painter.setBrush(QColor(255, 255, 255, 120))
        top = high * (0.13 + 0.07 * i)
        painter.drawRoundedRect(QRectF(wide * 0.75, top, wide * (0.09 + 0.02 * (i % 4)), high * 0.022), 5, 5)
    painter.end()
    return image


def product_picture(hue: int) -> QImage:
    """A plain thing on a plain ground."""
    image = QImage(480, 480, QImage.Format.Format_RGB32)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.fillRect(image.rect(), QColor.fromHsv(hue, 40, 222))
    painter.setBrush(QColor.fromHsv(hue, 90, 70))
    painter.drawEllipse(QRectF(70, 140, 260, 220))
    painter.drawRoundedRect(QRectF(300, 230, 150, 34), 17, 17)
    painter.setBrush(QColor.fromHsv(hue, 70, 104))
    painter.drawEllipse(QRectF(100, 168, 200, 164))
    painter.end()
    return image


@cache
def product_files() -> tuple[str, ...]:
    """Pictures of products on the disk, as a plan names them, until this process ends."""
    folder = Path(tempfile.mkdtemp(prefix="martlive-screens-"))
    atexit.register(shutil.rmtree, folder)
    files = tuple(str(folder / f"product-{hue}.png") for hue in HUES)
    for hue, file in zip(HUES, files, strict=True):
        product_picture(hue).save(file)
    return files


def backdrop(size: QSize, theme: ThemeName, ratio: float) -> QImage:
    """What lies under the overlay: a dark picture for dark glass, a bright page for the light one."""
    image = QImage(size * ratio, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(ratio)
    fill = QLinearGradient(0, 0, size.width(), size.height())
    fill.setColorAt(0, QColor("#f1efe8" if theme == "light" else "#33466b"))
    fill.setColorAt(1, QColor("#dcd6c8" if theme == "light" else "#a87a5b"))
    painter = QPainter(image)
    painter.fillRect(QRect(QPoint(), size), fill)
    painter.end()
    return image


def on_squares(front: QImage) -> QImage:
    """`front` over the squares that stand for the stream that shows through."""
    image = QImage(front.size(), QImage.Format.Format_RGB32)
    painter = QPainter(image)
    step = 24
    for y in range(0, image.height(), step):
        for x in range(0, image.width(), step):
            painter.fillRect(x, y, step, step, QColor("#8b8f98" if (x + y) // step % 2 else "#7c808a"))
    painter.drawImage(QRect(QPoint(), image.size()), front)
    painter.end()
    return image


# The windows with something in them; the tests of their accessibility use these, too


def language() -> str:
    """The language of the moment, as `SHOWS` has it."""
    return "zh_CN" if QLocale().language() == QLocale.Language.Chinese else "en"


def show_now() -> Show:
    return SHOWS[language()]


def tip(at: int, *, part_left: float = 0.65, text: str = "") -> TipCard:
    """A tip of the show: 0 urgent, 1 now, 2 a note, 3 praise."""
    text = text or show_now().tips[at]
    return TipCard(f"tip {at}", text, min(at, 2), at == 3, round((part_left - 1) * TIP_MS), round(part_left * TIP_MS))


def overlay_state() -> OverlayState:
    products = show_now().products
    return OverlayState(
        level_dbfs=-22.0,
        pace_wpm=152,
        product=products[0].name,
        next_product=products[1].name,
        time_left_ms=130_000,
        hearing="listening",
        watching="watching",
        watching_detail="OBS",
    )


def overlay(look: Look, state: OverlayState, *, is_compact: bool = False) -> Overlay:
    """The overlay without motion, as every picture of it needs it."""
    window = Overlay(replace(look, is_motion_reduced=True, is_compact=is_compact))
    window.render_state(state)
    window.show()
    return window


def recent_tips(look: Look) -> RecentTips:
    window = RecentTips(look)
    tips = [replace(tip(at), shown_ms=shown_ms) for at, shown_ms in ((2, 0), (1, 65_000), (3, 190_000), (0, 250_000))]
    window.show_beside(QRect(100, 100, round(look.px(392)), round(look.px(34))), tips, 260_000)
    return window


def choices() -> tuple[SourceChoice, ...]:
    is_chinese = language() == "zh_CN"
    return (
        SourceChoice("obs", "obs", "OBS", "观众看到的画面" if is_chinese else "What viewers get", is_available=True),
        SourceChoice("monitor:DP-1", "monitor", "DP-1", "2560 × 1440", is_available=True),
        SourceChoice("monitor:HDMI-1", "monitor", "HDMI-1", "1920 × 1080", is_available=True),
        SourceChoice("window:7", "window", "Stardust Harbor", "1920 × 1080", is_available=True),
        SourceChoice(
            "region",
            "region",
            "屏幕的一部分…" if is_chinese else "Part of a screen…",
            "拖出一个矩形" if is_chinese else "Drag a rectangle",
            is_available=True,
        ),
        SourceChoice(
            "none",
            "none",
            "不看" if is_chinese else "Nothing",
            "不看画面" if is_chinese else "Not watched",
            is_available=True,
        ),
    )


def picker(look: Look, *, is_part: bool = False, note: str = "") -> ScreenPicker:
    window = ScreenPicker(look)
    lines = tuple(f"{user}: {text}" for user, text in show_now().chat)
    state = PickerState(choices(), "obs", "main", frozenset({"main", "break"}), (0.73, 0.08, 0.24, 0.5), lines, note)
    window.render_state(state)
    shown(window)
    for i, choice in enumerate(choices()[:4]):
        window.show_thumbnail(choice.id, camera(i % 2))
    window.show_preview(camera())
    if is_part:
        next(tile for tile in window.findChildren(SourceTile) if tile.text() == choices()[4].name).click()
        window.show_screenshot("monitor:DP-1", camera(1))
    return window


def empty_picker(look: Look) -> ScreenPicker:
    window = ScreenPicker(look)
    shown(window)
    return window


def stream_state(picture: str = "") -> StreamState:
    show = show_now()
    product, (user, text) = show.products[0], show.chat[0]
    captions = (
        show.said[:1]
        if language() == "zh_CN"
        else ("This one is cast iron, pre-seasoned, and", "it works on induction.")
    )
    return StreamState(
        product=ProductCard(product.name, product.price, show.currency, picture),
        question=ChatQuestion(user, text),
        captions=captions,
        giveaway=Giveaway(*show.prize),
    )


def stream_window(look: Look, size: SizeName) -> StreamWindow:
    window = StreamWindow(replace(look, is_motion_reduced=True))
    window.set_size(size)
    state = stream_state(product_files()[0])
    window.render_state(state)
    # By itself: drawing the others takes time, which would run on the clock.
    window.render_state(replace(state, countdown=Countdown(show_now().countdown, 0, 600_000), now_ms=468_750))
    window.show()
    return window


def stream_picture(look: Look, size: SizeName) -> QImage:
    """The stream window in the stream's own pixels, over squares."""
    window = stream_window(look, size)
    image = window.grab().toImage()
    discard(window)
    image.setDevicePixelRatio(1)
    return on_squares(image)


def stream_panel(look: Look, *, source: str = "") -> StreamPanel:
    window = StreamPanel(look)
    window.show_choices(is_on=True, size="landscape", has_browser=True)
    window.list_questions([Chat(1_000 * i, user, text, "twitch") for i, (user, text) in enumerate(show_now().chat)])
    window.show_preview(stream_preview(look))
    if source:
        window.show_source(source, is_shown=True)
    shown(window)
    return window


def stream_preview(look: Look) -> QImage:
    """What the panel shows of the stream window."""
    preview = stream_window(look, "landscape")
    image = preview.grab().toImage()
    discard(preview)
    return image


def empty_panel(look: Look) -> StreamPanel:
    window = StreamPanel(look)
    window.show_choices(is_on=False, size="portrait")
    shown(window)
    return window


def plan_editor(look: Look, *, is_empty: bool = False, wrong_price: str = "") -> PlanEditor:
    show = show_now()
    pictures = product_files()
    products = (
        replace(show.products[0], pictures=pictures[:2]),
        replace(show.products[1], pictures=pictures[2:]),
        *show.products[2:],
    )
    plan = ShowPlan(
        title=show.title,
        language=language()[:2],
        sponsored=True,
        sponsor=show.sponsor,
        currency=show.currency,
        minutes=60,
        products=products,
    )
    template = ShowPlan(title=show.title, products=show.products[:2])
    files = PlanFiles(
        lambda _path: plan,
        lambda _plan, _path: None,
        lambda _path: "",
        {"selling": template, "gaming": template, "talk": template},
    )
    window = PlanEditor(look, files)
    if not is_empty:
        window.open_plan(Path("sunday.toml"))
    shown(window)
    if not is_empty:
        model = window.findChildren(ProductModel)[0]
        wait_until(lambda: all(model.picture_of(row)[0] is not None for row in (0, 1)))
    if wrong_price:
        price = next(
            line for line in window.findChildren(QLineEdit) if line.text().startswith(str(show.products[0].price)[:3])
        )
        price.setFocus()
        price.selectAll()
        QTest.keyClicks(price, wrong_price)
    return window


def leaving_editor(look: Look) -> PlanEditor:
    """The editor that is closed with unsaved work."""
    window = plan_editor(look, wrong_price="45")
    window.close()
    settle()
    return window


def settings(look: Look, field: str = "", search: str = "", size: QSize | None = None) -> SettingsWindow:
    microphones = ("Blue Yeti", "Built-in microphone")
    window = SettingsWindow(
        look,
        Settings(),
        SettingsChoices(microphones, ("whisper-base", "whisper-small"), ("smollm2-135m",), ("DP-1", "HDMI-1")),
        is_free=lambda keys: str(keys) != "ctrl+alt+b",
    )
    if size is not None:
        window.resize(size)
    window.show_obs_state("OBS 30.2" if language() == "en" else "已连接 OBS 30.2")
    window.show_update(Offer("Look now", "") if language() == "en" else Offer("立即查找", ""))
    shown(window)
    if field:
        window.turn_to(field)
    if search:
        line = next(one for one in window.findChildren(QLineEdit) if one.accessibleName() and one.isVisible())
        line.setFocus()
        QTest.keyClicks(line, search)
    settle()
    return window


def settings_page(look: Look, index: int) -> SettingsWindow:
    return settings(look, next(iter(PAGES[index].fields)))


def hotkeys(look: Look, *, is_recording: bool) -> SettingsWindow:
    """Keys while they are recorded, or after keys were pressed that are taken."""
    window = settings(look, "hotkeys.toggle")
    field = next(one for one in window.findChildren(HotkeyField) if one.isVisible())
    field.setFocus()
    QTest.keyClick(field, Qt.Key.Key_Return)
    if is_recording:
        # Qt adds the modifier that the key itself is.
        held = QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_Control, Qt.KeyboardModifier.NoModifier)
        QApplication.sendEvent(field, held)
    else:
        QTest.keyClick(field, Qt.Key.Key_B, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier)
        window.show_taken_hotkeys({"mark"})
    return window


SPEECH_MODEL = ModelLine("whisper-base", "speech", 147_883_041, "MIT", "here")
MEANING_MODEL = ModelLine("minilm-l6", "meaning", 23_000_000, "Apache-2.0", "coming", 9_200_000, 12)
WRITING_MODEL = ModelLine("smollm2-135m", "writing", 145_000_000, "Apache-2.0", "missing")


def first_run_state() -> FirstRunState:
    return FirstRunState(
        spoken_language="zh" if language() == "zh_CN" else "en",
        microphones=("Blue Yeti", "Built-in microphone"),
        microphone="Blue Yeti",
        level_dbfs=-22.0,
        hearing="good",
        has_heard_voice=True,
        listener="ready",
        said="你好，这是我的节目。" if language() == "zh_CN" else "Hello, this is my show.",
        is_said_final=True,
        choices=choices()[:3] + choices()[5:],
        watched="obs",
        keys=tuple(HotkeySettings().model_dump().items()),
        conflicts=("mark",),
        pressed="toggle",
        tried=frozenset({"toggle", "show_hide"}),
        models=(SPEECH_MODEL, MEANING_MODEL, WRITING_MODEL),
        obs="found",
        source_result=SourceResult(
            is_done=True, sentence="它在“主场景”里。" if language() == "zh_CN" else "It is in “Main”."
        ),
    )


def first_run(look: Look, **changes: object) -> FirstRun:
    window = FirstRun(look)
    state = replace(first_run_state(), **changes)  # type: ignore[arg-type]
    window.render_state(state)
    shown(window)
    if state.step == "watch":
        for i, choice in enumerate(state.choices[:3]):
            window.show_thumbnail(choice.id, camera(i % 2))
    return window


def senses(look: Look, *, is_running: bool = True, **changes: object) -> SensesWindow:
    window = SensesWindow(look)
    shown(window)
    if not is_running:
        return window
    show = show_now()
    screen = Screen(
        0,
        "main",
        is_black=False,
        is_frozen=False,
        brightness=0.5,
        is_cut=False,
        motion=0.02,
        product=show.products[0].name,
    )
    state = SensesState(
        is_running=True,
        overlay=replace(overlay_state(), now_ms=90_000),
        microphone="Blue Yeti",
        sentences=show.said,
        partial=show.partial,
        words_behind_ms=1_240,
        screen=screen,
        chat=tuple(ChatLine(user, text) for user, text in show.chat),
        chat_behind_ms=800,
    )
    window.render_state(replace(state, **changes))  # type: ignore[arg-type]
    window.show_picture(camera())
    for i in range(60):
        loads = (
            PartLoad("app", 3 + i % 4, 212),
            PartLoad("recogniser", 48 + 17 * (i % 9 == 4) + i % 6, 780),
            PartLoad("reader", 4 + 30 * (i % 12 == 0), 240),
            PartLoad("writer", 2.0 * (i % 20 < 4), 410),
        )
        window.show_load(loads)
    return window


def history_state() -> HistoryState:
    """Eight shows of two months, one of which was cut off."""
    show, is_chinese = show_now(), language() == "zh_CN"
    other = "周四聊天直播" if is_chinese else "Thursday talk"
    tags = ("夏季", "新镜头") if is_chinese else ("summer", "new camera")
    notes = "先说价格，再说故事。" if is_chinese else "Price first, then the story."
    first = datetime(2026, 11, 22, 18, 45, tzinfo=UTC)
    shows = tuple(
        PastShow(
            id=f"show-{i}",
            started=first - timedelta(days=4 * i),
            title=show.title if i % 3 != 1 else other,
            duration_ms=2_880_000 + 610_000 * (i % 4),
            tips=9 + 5 * i % 7,
            is_cut_off=i == 2,
            tags=tags[: 2 - i % 3],
            notes=notes if i == 0 else "",
            measures={
                "priced_share": 75.0 - 8 * (i % 4),
                "answered_share": 62.0 + 4 * (i % 3),
                "longest_silence_s": 14.0 + 3 * i,
                "pace_wpm": 148.0 - 3 * i,
            },
        )
        for i in range(8)
    )
    return HistoryState(shows, is_read=True, room=StoreRoom("/home/ada/.local/share/martlive/sessions", 340_000_000))


def history(look: Look, *, search: str = "", size: QSize | None = None, **changes: object) -> HistoryWindow:
    window = HistoryWindow(look)
    if size is not None:
        window.resize(size)
    window.render_state(replace(history_state(), **changes))  # type: ignore[arg-type]
    shown(window)
    if search:
        window.findChildren(QLineEdit)[0].setText(search)
        settle()
    return window


def found_history(look: Look) -> HistoryWindow:
    """A search in what was said."""
    said = show_now().said
    word = "铸铁" if language() == "zh_CN" else "cast ir"
    lines = tuple(SaidLine(f"show-{i}", at_ms, said[0]) for i, at_ms in ((0, 61_000), (0, 904_000), (3, 1_520_000)))
    window = history(look, search=word, found=SaidLines(word, lines, more=12))
    window.findChildren(HistoryList)[0].setFocus()
    settle()
    return window


def history_asking(look: Look, *, erases_all: bool) -> HistoryWindow:
    """Before shows are gone."""
    window = history(look)
    if erases_all:
        window.erase.click()
    else:
        window.findChildren(HistoryDetails)[0].delete.click()
    settle()
    return window


def tray(look: Look) -> QWidget:
    """The tray's menu in the middle of a show."""
    owner = Tray(look)
    owner.show_switches(
        is_coaching=True, is_shown=True, is_click_through=False, is_locked=True, watching="watching", is_running=True
    )
    menu = owner.menu
    # It lives as long as its menu.
    owner.setParent(menu)
    menu.popup(QPoint(40, 40))
    settle()
    menu.setActiveAction(menu.actions()[0])
    return menu


def notice(look: Look, *, has_offer: bool) -> QWidget:
    """A message, with a way on or without."""
    owner = Notice(look)
    is_chinese = language() == "zh_CN"
    if has_offer:
        owner.offer(
            "没有麦克风" if is_chinese else "No microphone",
            "插上麦克风，MartLive 就能听到你。" if is_chinese else "Plug one in, and MartLive hears you.",
            "看演示节目" if is_chinese else "Watch the demo show",
            lambda: None,
        )
    else:
        owner.say(
            "快捷键被占用" if is_chinese else "Hotkey taken",
            "另一个程序占用了 ctrl+alt+b，请在设置里换一个，或使用托盘。"
            if is_chinese
            else "Another program has ctrl+alt+b – choose other keys in the settings, or use the tray.",
        )
    box = next(one for one in QApplication.topLevelWidgets() if isinstance(one, QMessageBox) and one.isVisible())
    owner.setParent(box)
    shown(box)
    return box


def model_view(look: Look, *, is_empty: bool = False) -> ModelView:
    window = ModelView(look)
    if not is_empty:
        show = show_now()
        window.post(f"Copy.\n\nLine: {show.chat[0][0]}: {show.chat[0][1]}\n", '{"span": "' + show.chat[0][1] + '"}')
        window.post(f"Copy.\n\nLine: {show.tips[2]}\n", "")
    shown(window)
    return window


WINDOWS: Final[dict[str, Callable[[Look], QWidget]]] = {
    "tray-menu": tray,
    "notice": partial(notice, has_offer=False),
    "notice-offer": partial(notice, has_offer=True),
    "viewers": picker,
    "viewers-part": partial(picker, is_part=True),
    "viewers-empty": empty_picker,
    "stream-panel": stream_panel,
    "stream-panel-obs": partial(stream_panel, source="OBS shows it in the scene “Main”."),
    "stream-panel-closed": empty_panel,
    "plan": plan_editor,
    "plan-empty": partial(plan_editor, is_empty=True),
    "plan-to-mend": partial(plan_editor, wrong_price="abc"),
    "plan-unsaved": leaving_editor,
    **{f"settings-{i + 1}": partial(settings_page, index=i) for i in range(len(PAGES))},
    "settings-unfolded": partial(settings, field="signals.pauses.dead_air_s"),
    "settings-search": partial(settings, search="font"),
    "settings-keys-recording": partial(hotkeys, is_recording=True),
    "settings-keys-taken": partial(hotkeys, is_recording=False),
    **{f"first-run-{i + 1}-{step}": partial(first_run, step=step) for i, step in enumerate(STEPS)},
    "first-run-6-obs-locked": partial(first_run, step="obs", obs="locked", is_password_refused=True),
    "first-run-6-obs-absent": partial(first_run, step="obs", obs="absent"),
    "first-run-2-model-missing": partial(
        first_run,
        step="microphone",
        hearing="waiting",
        level_dbfs=None,
        models=(replace(SPEECH_MODEL, stage="missing"),),
    ),
    "senses": senses,
    "senses-no-show": partial(senses, is_running=False),
    "history": history,
    "history-found": found_history,
    "history-nothing-found": partial(history, search="xyzzy", found=SaidLines("xyzzy")),
    "history-empty": partial(history, shows=()),
    "history-narrow": partial(history, size=QSize(620, 900)),
    "history-deleting": partial(history_asking, erases_all=False),
    "history-erasing": partial(history_asking, erases_all=True),
    "history-trouble": partial(history, trouble="This show is running; end it first."),
    "model-view": model_view,
    "model-view-empty": partial(model_view, is_empty=True),
}
"""Every window by the name of its picture."""


def overlays() -> dict[str, Callable[[Look], QWidget]]:
    """The overlay in all that it can say, and the list beside it."""
    state = overlay_state()
    no_sound = replace(state, hearing="lost", level_dbfs=None)
    states = {
        "urgent": replace(no_sound, tip=tip(0)),
        "now": replace(state, tip=tip(1)),
        "note": replace(state, tip=tip(2)),
        "praise": replace(state, tip=tip(3, part_left=0.35)),
        "long-tip": replace(state, tip=tip(1, text=show_now().long_tip)),
        "strip": state,
        "next-product": replace(state, product=show_now().products[4].name),
        "all-lamps": replace(state, is_remote=True, delayed_ms=4_000, level_dbfs=-9.0, watching="lost"),
        "coaching-off": replace(state, is_coaching=False),
        "getting-ready": replace(state, hearing="loading", level_dbfs=None),
        "mic-lost": no_sound,
    }
    return {
        **{f"overlay-{name}": partial(overlay, state=one) for name, one in states.items()},
        "overlay-compact": partial(overlay, state=state, is_compact=True),
        "overlay-compact-tip": partial(overlay, state=states["note"], is_compact=True),
        "overlay-recent-tips": recent_tips,
    }


# How pictures are taken


def shown(window: QWidget) -> None:
    """Show `window` as the one that has the keyboard."""
    window.show()
    window.activateWindow()
    settle()


def settle() -> None:
    """Let everything happen that is due."""
    for _ in range(3):
        QApplication.sendPostedEvents()
        QApplication.processEvents()


def wait_until(is_so: Callable[[], bool]) -> None:
    deadline = QDeadlineTimer(WAIT_MS)
    while not is_so():
        if deadline.hasExpired():
            raise TimeoutError("a window did not become what it is to show")
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents, POLL_MS)


def discard(widget: QWidget) -> None:
    """End `widget` and all that it started."""
    settle()
    if isinstance(widget, PlanEditor):
        widget.close()
        for _ in range(2):
            widget._close()
    widget.hide()
    widget.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    settle()


def started_app() -> QApplication:
    """The application, in which nothing blinks."""
    app = QApplication.instance() or QApplication(["martlive"])
    assert isinstance(app, QApplication)
    app.setApplicationName("MartLive")
    app.setCursorFlashTime(0)
    return app


def draw(scale: int, folder: Path, names: str = "") -> None:
    """Draw all pictures of this process, whose Qt has `scale`, or only those with `names` in their name."""
    app = started_app()
    for lang in LANGUAGES:
        install_translation(app, lang, RESOURCES)
        for theme in OVERLAY_THEMES:
            look = load_look(RESOURCES, theme=theme, is_motion_reduced=True)
            app.setFont(look.font(MESSAGE_FONT_PX))
            place = folder / f"{theme}-{lang}-{scale}x"
            place.mkdir(parents=True, exist_ok=True)
            for name, take in pictures(look, theme):
                if names in name:
                    take().save(str(place / f"{name}.png"), quality=80)


def pictures(look: Look, theme: ThemeName) -> Iterator[tuple[str, Callable[[], QImage]]]:
    """Every picture in one look, by name, and how it is taken."""
    for name, build in overlays().items():
        yield name, partial(over_backdrop, build, look, theme)
    if theme not in WINDOW_THEMES:
        return
    for size in LAYOUTS:
        yield f"stream-{size}", partial(stream_picture, look, size)
    for name, build in WINDOWS.items():
        yield name, partial(grabbed, build, look)


def over_backdrop(build: Callable[[Look], QWidget], look: Look, theme: ThemeName) -> QImage:
    widget = build(look)
    image = backdrop(widget.size(), theme, widget.devicePixelRatioF())
    widget.render(image, QPoint(), QRegion(widget.rect()), QWidget.RenderFlag.DrawChildren)
    discard(widget)
    return image


def grabbed(build: Callable[[Look], QWidget], look: Look) -> QImage:
    window = build(look)
    settle()
    image = window.grab().toImage()
    discard(window)
    return image


# The choice for the documentation


def small(source: Path, widest: int = 0) -> Image.Image:
    image = Image.open(source).convert("RGB")
    if widest and image.width > widest:
        image = image.resize((widest, round(image.height * widest / image.width)), Image.Resampling.LANCZOS)
    return image


def save_small(image: Image.Image, path: Path, colors: int = 255) -> None:
    image.quantize(colors, Image.Quantize.MAXCOVERAGE, kmeans=1, dither=Image.Dither.NONE).save(path, optimize=True)


def contact_sheet(sources: Iterable[Path]) -> Image.Image:
    """All pictures of one theme and language on one sheet, in columns as even as they become."""
    edge = 12
    heights = [edge] * CONTACT_COLUMNS
    places: list[tuple[Image.Image, int, int]] = []
    for source in sources:
        image = small(source, CONTACT_PX)
        column = heights.index(min(heights))
        places.append((image, edge + column * (CONTACT_PX + edge), heights[column]))
        heights[column] += image.height + edge
    sheet = Image.new("RGB", (edge + CONTACT_COLUMNS * (CONTACT_PX + edge), max(heights)), "#5b6068")
    for image, x, y in places:
        sheet.paste(image, (x, y))
    return sheet


def choose(source: Path, target: Path) -> None:
    """Copy a small choice of `source` to `target`: all of one kind, and sheets that show that the others are there."""
    for old in target.glob("*.png"):
        old.unlink()
    for path in sorted((source / "dark-en-1x").glob("*.png")):
        save_small(
            small(path, 960 if path.stem.startswith("stream-") and "panel" not in path.stem else 0), target / path.name
        )
    for theme in OVERLAY_THEMES:
        for lang in LANGUAGES:
            sheet = contact_sheet(sorted((source / f"{theme}-{lang}-1x").glob("*.png")))
            save_small(sheet, target / f"all-{theme}-{lang}.png", 128)
    size = sum(path.stat().st_size for path in target.glob("*.png"))
    if size > MOST_BYTES:
        raise SystemExit(f"{target} holds {size} bytes, more than {MOST_BYTES}")


def draw_all(names: str) -> None:
    """Draw with every scale, each in a process of its own: Qt reads it once."""
    running = []
    with tempfile.TemporaryDirectory() as folder:
        for scale in SCALES:
            monitor = Path(folder) / f"{scale}.json"
            sides = {"width": MONITOR_PX[0] * scale, "height": MONITOR_PX[1] * scale}
            monitor.write_text(json.dumps({"screens": [MONITOR | sides]}), encoding="utf-8")
            words = [sys.executable, "-m", "tests.screens", "--scale", str(scale), "--only", names]
            qt = {"QT_SCALE_FACTOR": str(scale), "QT_QPA_PLATFORM": f"offscreen:configfile={monitor}"}
            running.append(subprocess.Popen(words, cwd=ROOT, env=os.environ | qt))
        ended = [process.wait() for process in running]
    if any(ended):
        raise SystemExit("not every picture could be drawn")


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--scale", type=int, help="draw in this process alone, with this scale")
    words.add_argument("--only", default="", help="only pictures with this in their name, and none for docs")
    asked = words.parse_args()
    if asked.scale:
        draw(asked.scale, ALL, asked.only)
        return
    draw_all(asked.only)
    if not asked.only:
        choose(ALL, CHOSEN)


if __name__ == "__main__":
    main()
