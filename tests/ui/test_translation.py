"""The windows speak the user's language, in a type that has its characters."""

# ruff: noqa: RUF001 - Chinese has punctuation of its own.

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
from PySide6.QtCore import QCoreApplication, QLocale, QTranslator
from PySide6.QtGui import QRawFont, QTextLayout
from PySide6.QtWidgets import QAbstractButton, QComboBox, QLabel, QLineEdit, QWidget

from martlive_desktop.core.errors import PlanInvalid
from martlive_desktop.core.plan import Product, ShowPlan, parse_plan
from martlive_desktop.core.plan_csv import read_products
from martlive_desktop.ui.card import fit_text
from martlive_desktop.ui.formats import labelled_text, number_text, price_text, size_text, time_text
from martlive_desktop.ui.model_view import ModelView
from martlive_desktop.ui.notice import Notice
from martlive_desktop.ui.overlay import Overlay
from martlive_desktop.ui.plan_editor import PlanEditor, PlanFiles
from martlive_desktop.ui.plan_show import LANGUAGES
from martlive_desktop.ui.plan_table import PRICE, ProductTable
from martlive_desktop.ui.recent_tips import RecentTips
from martlive_desktop.ui.screen_picker import PickerState, ScreenPicker, SourceChoice
from martlive_desktop.ui.sentences import translated
from martlive_desktop.ui.stream_panel import StreamPanel
from martlive_desktop.ui.strip import lamps_of, note_of
from martlive_desktop.ui.theme import THEMES, sign_of
from martlive_desktop.ui.translation import install_translation
from martlive_desktop.ui.tray import Tray
from martlive_desktop.ui.view_state import OverlayState, TipCard
from tests.ui.conftest import RESOURCES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from PySide6.QtWidgets import QApplication
    from pytestqt.qtbot import QtBot

    from martlive_desktop.ui.theme import Look

    Speak = Callable[[str], QLocale]

pytestmark = pytest.mark.qt_log_ignore("does not support (raise|lower|setting window opacity|propagateSizeHints)")

ENGLISH = re.compile(r"[A-Za-z]{2,}")
NAMES = {
    "MartLive",
    "OBS",
    "Overlay",
    "CSV",
    "WebSocket",
    "Wayland",
    "Ctrl",
    "Alt",
    "Shift",
    "Enter",
    "Delete",
    "USD",
    "CNY",
}
"""Words that are the same in every language."""

PLAN = ShowPlan(
    currency="CNY", minutes=60, products=(Product("煎锅", price=1399.5, minutes=2.5), Product("砧板", price=59))
)


@pytest.fixture
def speak(qapp: QApplication) -> Iterator[Speak]:
    before = QLocale()
    yield lambda language: install_translation(qapp, language, RESOURCES)
    for translator in qapp.findChildren(QTranslator):
        qapp.removeTranslator(translator)
        translator.deleteLater()
    QLocale.setDefault(before)


@pytest.fixture
def chinese(speak: Speak) -> QLocale:
    return speak("zh_CN")


def test_where_nothing_is_set_up_dates_and_plurals_are_english(speak: Speak) -> None:
    assert speak("C").name() == "en_US"


def editor_of(look: Look, plan: ShowPlan) -> PlanEditor:
    files = PlanFiles(lambda _path: plan, lambda _plan, _path: None, lambda _path: "", {"selling": plan})
    return PlanEditor(look, files)


def texts(window: QWidget) -> list[str]:
    """Everything that `window` says, to the eye and to a screen reader."""
    said = [window.windowTitle()]
    for widget in (window, *window.findChildren(QWidget)):
        said += [widget.accessibleName(), widget.accessibleDescription(), widget.toolTip()]
        if isinstance(widget, QLabel | QAbstractButton):
            said.append(widget.text())
        elif isinstance(widget, QLineEdit):
            said.append(widget.placeholderText())
        elif isinstance(widget, QComboBox):
            said += [widget.itemText(i) for i in range(widget.count())]
    return [text for text in said if text]


def test_words_and_formats_follow_the_language(speak: Speak, look: Look) -> None:
    for language, quit_words, cancel in (
        ("zh_CN", "退出 MartLive", "取消"),
        ("en", "Quit MartLive", "Cancel"),
        ("zh_CN", "退出 MartLive", "取消"),
    ):
        locale = speak(language)
        assert (locale.name(), QLocale().name()) == (QLocale(language).name(), QLocale(language).name())
        tray = Tray(look)
        assert tray.menu.actions()[-1].text() == quit_words
        # Qt's own word, on its dialogs.
        assert QCoreApplication.translate("QPlatformTheme", "Cancel") == cancel
        tray.menu.deleteLater()


def test_only_the_last_language_is_installed(speak: Speak, qapp: QApplication) -> None:
    speak("zh_CN")
    speak("en")
    QCoreApplication.sendPostedEvents()
    qapp.processEvents()
    assert QCoreApplication.translate("Sign", "Urgent") == "Urgent"


def test_system_language_is_taken_where_none_is_chosen(speak: Speak) -> None:
    assert speak("").name() == {"C": "en_US"}.get(system := QLocale.system().name(), system)


def test_english_knows_one_and_many(speak: Speak, look: Look) -> None:
    speak("en")
    recent = RecentTips(look)
    tips = [TipCard("1", "Say the price", 1, False, at_ms, at_ms + 1) for at_ms in (0, 60_000, 150_000)]
    recent.show_beside(recent.rect(), tips, 180_000)
    assert recent.accessibleName().splitlines() == [
        "Say the price, just now",
        "Say the price, 2 min ago",
        "Say the price, 3 min ago",
    ]
    recent.hide()
    assert QCoreApplication.translate("PlanEditor", "%n products are in. These lines are not:", "", 1).startswith(
        "1 product is"
    )


@pytest.mark.usefixtures("chinese")
def test_windows_in_chinese_leave_no_english_word(qtbot: QtBot, look: Look) -> None:
    picker, panel, model, overlay = ScreenPicker(look), StreamPanel(look), ModelView(look), Overlay(look)
    editor, empty = editor_of(look, PLAN), editor_of(look, PLAN)
    for window in (picker, panel, model, overlay, editor, empty):
        qtbot.addWidget(window)
    picker.render_state(
        PickerState(
            (SourceChoice("obs", "obs", "OBS", "", is_available=True),),
            "obs",
            "break",
            frozenset({"break"}),
            (0.1, 0.1, 0.5, 0.5),
            note="OBS does not answer; start it and turn on its WebSocket server under Tools.",
        )
    )
    editor.open_plan(RESOURCES / "show.toml")
    overlay.render_state(OverlayState(hearing="listening", pace_wpm=150, time_left_ms=90_000, level_dbfs=-20))
    said = [text for window in (picker, panel, model, overlay, editor, empty) for text in texts(window)]
    own = {*LANGUAGES.values(), "show.toml[*] – MartLive"}
    assert len(said) > 100
    assert [text for text in said if text not in own and set(ENGLISH.findall(text)) - NAMES] == []


@pytest.mark.usefixtures("chinese")
@pytest.mark.parametrize(
    ("state", "note"),
    [
        (OverlayState(said="Marked 1:05"), "已标记 1:05"),
        (OverlayState(is_coaching=False), "指导已关闭"),
        (OverlayState(hearing="lost"), "麦克风没有声音"),
        (
            OverlayState(hearing="lost", hearing_detail="The microphone is gone – plug it in again."),
            "麦克风断开了，请重新插上。",
        ),
        (OverlayState(hearing="lost", hearing_detail="A part of its own."), "A part of its own."),
    ],
    ids=["mark", "off", "silent", "known sentence", "unknown sentence"],
)
def test_strip_speaks_chinese(state: OverlayState, note: str) -> None:
    assert note_of(state) == note


@pytest.mark.usefixtures("chinese")
def test_lamps_speak_chinese(look: Look) -> None:
    state = OverlayState(
        hearing="listening", watching="watching", watching_detail="Main monitor (1920×1080)", delayed_ms=4_200
    )
    assert [lamp.name for lamp in lamps_of(state, look.theme)] == [
        "正在听",
        "正在看 主显示器（1920×1080）",
        "所有内容只留在这台电脑上",
        "提示晚了 4 秒",
    ]


@pytest.mark.usefixtures("chinese")
def test_what_is_put_into_a_sentence_is_translated_or_kept() -> None:
    assert (
        translated('Line 3: the name "lamp" is taken; give each product its own.')
        == "第 3 行：名称“lamp”已被使用；请给每个商品不同的名称。"
    )
    assert translated("The window {x} – y is not there; open it, or choose another under What viewers see.").startswith(
        "窗口“{x} – y”不在"
    )
    assert translated("This show is not being saved: the disk is full; make room on the disk of /a.").endswith(
        "磁盘满了；请在 /a 所在的磁盘腾出空间。"
    )


@pytest.mark.usefixtures("chinese")
@pytest.mark.parametrize(
    "table", ["x\n1", "name,price\n,3", "name\na\na", "name,price\na,b", "name,minutes\na,b", "name,price\na,1.299"]
)
def test_advice_about_a_table_is_in_chinese(table: str) -> None:
    problems = read_products(table).problems
    assert problems
    assert [problem for problem in map(translated, problems) if len(ENGLISH.findall(problem)) > 1] == []


@pytest.mark.usefixtures("chinese")
@pytest.mark.parametrize(
    "plan",
    [
        "title = 1",
        'mode = "x"',
        "sponsored = 1",
        'currency = "x"',
        "minutes = 0",
        "products = 1",
        "titel = 1",
        "zzz = 1",
        "[[products]]",
        '[[products]]\nname = ""',
        '[[products]]\nname = "a"\nprice = -1',
        '[[products]]\nname = "a"\nfacts = 1',
        '[[products]]\nname = "a"\n[[products]]\nname = "a"',
        '[[products]]\nname = "a"\nnames = 1',
        "title = ",
        "title = 1\ntitle = 2",
    ],
)
def test_advice_about_a_plan_is_in_chinese(plan: str) -> None:
    with pytest.raises(PlanInvalid) as found:
        parse_plan(plan)
    said = translated(str(found.value))
    assert said.startswith("第 ")
    assert re.search("[；。]", said), said


@pytest.mark.usefixtures("chinese")
def test_notice_and_sign_speak_chinese(look: Look) -> None:
    assert sign_of(TipCard("1", "x", 0, False, 0, 1), THEMES["dark"]).word == "紧急"
    notice = Notice(look)
    notice.say("x", "MartLive cannot listen at /a; free that path and start it again.")
    assert notice._box is not None
    assert notice._box.informativeText() == "MartLive 无法使用 /a；请腾出这个路径再启动。"
    assert [button.text() for button in notice._box.buttons()] == ["关闭"]
    notice.close()


@pytest.mark.usefixtures("chinese")
def test_price_in_the_table_is_written_as_in_the_country(qtbot: QtBot, look: Look) -> None:
    editor = editor_of(look, PLAN)
    qtbot.addWidget(editor)
    editor.open_plan(RESOURCES / "show.toml")
    model = editor.findChildren(ProductTable)[0].model()
    assert [model.index(row, PRICE).data() for row in (0, 1)] == ["¥1,399.50", "¥59"]
    assert "2 个商品 · 2.5 分钟" in texts(editor)


@pytest.mark.parametrize(
    ("language", "written"),
    [
        ("en_US", ["$1,299.50", "CNY\u00a059", "2.5", "148 MB", "1.5 GB", "Rosa: hi"]),
        ("zh_CN", ["$1,299.50", "¥59", "2.5", "148 MB", "1.5 GB", "Rosa：hi"]),
        ("de_DE", ["1.299,50\u00a0$", "59\u00a0CNY", "2,5", "148 MB", "1,5 GB", "Rosa: hi"]),
    ],
)
def test_numbers_follow_the_country(speak: Speak, language: str, written: list[str]) -> None:
    speak(language)
    assert written == [
        price_text(1299.5, "USD"),
        price_text(59, "CNY"),
        number_text(2.5),
        size_text(148_000_000),
        size_text(1_500_000_000),
        labelled_text("Rosa", "hi"),
    ]


def test_sign_of_a_country_means_its_own_money() -> None:
    assert price_text(980, "JPY", QLocale("zh_CN")) == "JPY\u00a0980"
    assert price_text(980, "CNY", QLocale("zh_CN")) == "¥980"
    assert price_text(20, "USD", QLocale("en_CA")) == "USD\u00a020"


@pytest.mark.parametrize(("seconds", "text"), [(0, "0:00"), (65, "1:05"), (5_400, "90:00")])
def test_time_is_minutes_and_seconds(seconds: int, text: str) -> None:
    assert time_text(seconds) == text


@pytest.mark.parametrize(("is_bold", "weight"), [(False, 500), (True, 600)])
def test_chinese_is_set_in_the_bundled_type(look: Look, is_bold: bool, weight: int) -> None:
    layout = QTextLayout("Say 说出价格", look.font(20, is_bold=is_bold))
    layout.beginLayout()
    layout.createLine()
    layout.endLayout()
    fonts = {run.rawFont().familyName().partition(" ")[0]: run.rawFont().weight() for run in layout.glyphRuns()}
    assert fonts == {"Inter": weight, "Noto": weight}


def test_type_has_every_character_of_the_translation(look: Look) -> None:
    written: set[str] = set()
    for message in ET.parse(RESOURCES / "translations/martlive_zh_CN.ts").iter("translation"):
        written |= set("".join(message.itertext()))
    for name in ("Medium", "SemiBold"):
        pair = [
            QRawFont(str(next((RESOURCES / "fonts").glob(f"{family}-{name}.*"))), 20.0)
            for family in ("Inter", "NotoSansSC")
        ]
        assert (
            sorted(sign for sign in written - {"\n"} if not any(font.supportsCharacter(ord(sign)) for font in pair))
            == []
        )


def test_tip_in_chinese_stands_on_one_line_in_full_size(look: Look) -> None:
    fitted = fit_text("先说价格，再说怎么买，库存还有三十件", look, look.px(300))
    assert (len(fitted.lines), fitted.font.pixelSize()) == (1, 16)
