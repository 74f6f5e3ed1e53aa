"""Every setting has words, a page and a range; nothing has words that is no setting."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Literal, get_args, get_origin
from xml.etree import ElementTree as ET

import pytest

from martlive_desktop.core.coach.catalogue import CATALOGUE
from martlive_desktop.core.errors import SettingsInvalid
from martlive_desktop.settings import Settings, checked, range_of, with_values
from martlive_desktop.ui import settings_words as said
from martlive_desktop.ui.settings_hotkeys import obstacles
from martlive_desktop.ui.settings_leaves import Leaf, leaves, measure_of, value_of
from martlive_desktop.ui.settings_pages import PAGES

NUMBERS = [leaf for leaf in leaves().values() if leaf.kind in (int, float) and leaf.field not in said.HIDDEN]
UI = Path(said.__file__).parent


def test_every_setting_has_words_and_all_words_have_a_setting() -> None:
    assert set(said.WORDS) == set(leaves())


def test_every_setting_stands_on_one_page_or_has_a_reason_not_to() -> None:
    shown = [field for page in PAGES for field in page.fields]
    assert sorted(shown) == sorted(set(shown))
    assert set(shown) == set(leaves()) - set(said.HIDDEN) | set(said.EXTRA_WORDS)


@pytest.mark.parametrize("field", said.WORDS)
def test_words_are_short_and_whole(field: str) -> None:
    words = said.WORDS[field]
    assert 0 < len(words.label) <= 50
    assert not words.label.endswith(".")
    assert words.reason.endswith(".")
    assert len(words.reason) <= 130
    for wrong in ("error", "invalid", "failed"):
        assert wrong not in f"{words.label} {words.reason}".lower()


def test_no_two_rows_of_a_page_have_the_same_label() -> None:
    for page in PAGES:
        labels = [(said.WORDS.get(field) or said.EXTRA_WORDS[field]).label for field in page.fields]
        assert len(labels) == len(set(labels))


def test_every_choice_has_words_for_each_of_its_values() -> None:
    choices = {leaf.field: get_args(leaf.kind) for leaf in leaves().values() if get_origin(leaf.kind) is Literal}
    choices.pop("app.first_run")
    assert {field: tuple(texts) for field, texts in said.CHOICE_WORDS.items()} == choices


def test_every_kind_of_tip_has_words() -> None:
    assert list(said.KIND_WORDS) == list(CATALOGUE)


@pytest.mark.parametrize("leaf", NUMBERS, ids=lambda leaf: leaf.field)
def test_number_is_the_same_after_it_was_shown(leaf: Leaf) -> None:
    measure = measure_of(leaf)
    assert measure.kept(measure.shown(leaf.default), leaf.kind) == leaf.default
    assert measure.low <= measure.shown(leaf.default) <= measure.high
    assert measure.step > 0


@pytest.mark.parametrize("leaf", NUMBERS, ids=lambda leaf: leaf.field)
def test_ends_of_the_range_can_be_set_and_what_lies_beyond_cannot(leaf: Leaf) -> None:
    measure, (low, high) = measure_of(leaf), range_of(leaf.field)
    for end in (measure.kept(measure.low, leaf.kind), measure.kept(measure.high, leaf.kind)):
        assert value_of(with_values(Settings(), {leaf.field: end}), leaf.field) == end
    for beyond in (low - 1, high + 1):
        with pytest.raises(SettingsInvalid):
            with_values(Settings(), {leaf.field: leaf.kind(beyond)})


@pytest.mark.parametrize(
    ("field", "value", "shown", "unit"),
    [
        ("coach.policy.gap_ms", 20_000, 20.0, "s"),
        ("coach.policy.breakpoint_ms", 350, 350.0, "ms"),
        ("signals.level.clip_share", 0.01, 1.0, "%"),
        ("signals.level.silent_dbfs", -60.0, -60.0, "dBFS"),
        ("signals.pace.fast_wpm", 190.0, 190.0, "words a minute"),
        ("overlay.opacity", 1.0, 100.0, "%"),
        ("overlay.font_px", 20, 20.0, "px"),
    ],
)
def test_numbers_have_the_unit_that_people_read(field: str, value: float, shown: float, unit: str) -> None:
    measure = measure_of(leaves()[field])
    assert (measure.shown(value), measure.unit) == (shown, unit)


def test_several_values_are_set_at_once() -> None:
    settings = with_values(Settings(), {"coach.do_not_say": frozenset({"b", "a"}), "screen.region": (1, 2, 3, 4)})
    assert settings.coach.do_not_say == {"a", "b"}
    assert with_values(settings, {"screen.region": None}).screen.region is None


def test_value_that_cannot_be_names_its_field() -> None:
    with pytest.raises(SettingsInvalid, match=r"overlay\.font_px must be at most 32") as caught:
        checked({"overlay": {"font_px": 40}})
    assert caught.value.field == "overlay.font_px"


def test_keys_of_two_actions_and_of_another_program_stand_in_the_way() -> None:
    wanted = {"toggle": "ctrl+alt+m", "mark": "alt+ctrl+m", "dismiss": "ctrl+alt+j", "hide_all": "m", "show_hide": "f5"}
    assert obstacles(wanted, ["ctrl+alt+m"], lambda keys: str(keys) != "f5") == {
        "mark": ("shared", "toggle"),
        "toggle": ("shared", "mark"),
        "hide_all": "unreadable",
        "show_hide": "taken",
    }


def test_own_keys_are_not_asked_for() -> None:
    assert obstacles({"mark": "f5"}, ["F5"], lambda _keys: False) == {}


def test_translators_find_every_word(tmp_path: Path) -> None:
    tool = shutil.which("pyside6-lupdate", path=Path(sys.executable).parent)
    if tool is None:
        pytest.skip("pyside6-lupdate is not installed")
    files = [UI / f"settings_{name}.py" for name in ("words", "signal_words", "pages", "leaves", "rows", "controls")]
    subprocess.run([tool, *files, "-ts", tmp_path / "all.ts"], check=True, capture_output=True)
    found = {source.text for source in ET.parse(tmp_path / "all.ts").iter("source")}
    wanted = {text for words in said.WORDS.values() for text in (words.label, words.reason)}
    wanted |= set(said.KIND_WORDS.values()) | {page.purpose for page in PAGES}
    assert wanted <= found
