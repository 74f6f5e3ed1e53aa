"""The words of tips, and the pack that comes with MartLive."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from martlive_desktop.adapters.language_packs import load_lexicon
from martlive_desktop.adapters.tip_packs import load_templates
from martlive_desktop.core.coach.catalogue import CATALOGUE
from martlive_desktop.core.coach.grounding import Grounding
from martlive_desktop.core.coach.wording import SLOTS, TipTemplates, fits
from martlive_desktop.core.events import Cue

PACK = tomllib.loads((Path(__file__).parents[2] / "resources/packs/en/tips.toml").read_text(encoding="utf-8"))
ENGLISH = TipTemplates.from_dict(PACK)
FIRST_USED = {"Say it's sponsored": 1}


def cue(kind: str, **slots: str) -> Cue:
    return Cue(at_ms=0, kind=kind, confidence=1.0, reasons=("it was seen",), slots=tuple(slots.items()))


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("mic_silent", "Mic silent – check mute"),
        ("clipping", "Clipping – lower mic gain"),
        ("mic_low", "Move closer to mic"),
        ("claim_medical", 'Soften: "results vary"'),
        ("off_platform", "Keep payment in app"),
        ("price_mismatch", "Listed $14.99 – recheck"),
        ("disclosure", "Say it's sponsored"),
        ("dead_air", "Say what's in hand"),
        ("price_missing", "Say the price"),
        ("cta_missing", "Tell them: tap basket"),
        ("reset", "Recap for newcomers"),
        ("ask_room", "Ask: A or B?"),
        ("pace_fast", "Slow down a little"),
        ("noise", "Background noise is loud"),
        ("echo", "Echo – mute monitor"),
        ("chat_unanswered", "Rosa: safe for cats?"),
        ("greet", "Greet Rosa"),
        ("demo", "Show it up close"),
        ("talking_point", "Mention: free returns"),
        ("behind_plan", "Next up: the lamp"),
        ("flat", "Vary your tone"),
        ("energy_drop", "Energy dipped – reset"),
        ("filler_cluster", 'Pause instead of "um"'),
        ("well_done", "Great pace"),
    ],
)
def test_first_tip_of_a_kind_has_the_catalogue_s_words(kind: str, text: str) -> None:
    slots = {"viewer": "Rosa", "question": "safe for cats?", "point": "free returns", "next": "the lamp"}
    assert ENGLISH.write(cue(kind, price="$14.99", product="dew serum", **slots)) == text


def test_words_take_turns() -> None:
    used: dict[str, int] = {}
    for at_ms in range(4):
        used[ENGLISH.write(cue("pace_fast"), used)] = at_ms
    assert used == {"Slow down a little": 3, "Take a breath": 1, "Ease the pace": 2}


def test_text_that_is_not_sound_is_passed_over() -> None:
    rosa = cue("greet", viewer="<b>Rosa</b>")
    assert ENGLISH.write(rosa, is_sound=lambda text: "<" not in text) == "Greet the newcomers"


def test_line_without_its_slot_is_passed_over() -> None:
    assert ENGLISH.write(cue("price_mismatch")) == "Recheck that price"
    assert ENGLISH.write(cue("price_mismatch", price=" ")) == "Recheck that price"


def test_line_that_gets_too_long_is_passed_over() -> None:
    assert ENGLISH.write(cue("disclosure", sponsor="Fennel and Fog"), FIRST_USED) == "Name your sponsor: Fennel and Fog"
    assert (
        ENGLISH.write(cue("disclosure", sponsor="Fennel, Fog and the other sons"), FIRST_USED) == "Tell them it's paid"
    )
    assert ENGLISH.write(cue("disclosure", sponsor="F" * 40), FIRST_USED) == "Tell them it's paid"


def test_slot_is_text_and_no_template() -> None:
    assert ENGLISH.write(cue("disclosure", sponsor="{price}\n & co"), FIRST_USED) == "Name your sponsor: {price} & co"


def test_risky_words_get_a_safer_line() -> None:
    assert ENGLISH.write(cue("claim_medical", safer="Say: results vary")) == "Say: results vary"


@given(
    kind=st.sampled_from(sorted(CATALOGUE)),
    slots=st.dictionaries(st.sampled_from([*sorted(SLOTS), "other"]), st.text(max_size=60)),
    turn=st.integers(0, 5),
)
def test_any_cue_gets_at_most_eight_words_and_48_characters(kind: str, slots: dict[str, str], turn: int) -> None:
    texts = [line for line in PACK[kind] if "{" not in line]
    text = ENGLISH.write(cue(kind, **slots), dict.fromkeys(texts[:turn], 1))
    assert 0 < len(text.split()) <= 8
    assert len(text) <= 48


@pytest.mark.parametrize(
    ("kind", "lines", "sentence"),
    [
        pytest.param("reset", "Recap", "reset must be a list of texts.", id="no list"),
        pytest.param("reset", ["a", "b", 3], "reset must be a list of texts.", id="number"),
        pytest.param("reset", ["a", "b", " "], "reset must be a list of texts.", id="blank"),
        pytest.param("reset", ["a", "b", "a"], "reset needs at least 3 different lines.", id="too few"),
        pytest.param(
            "reset", ["{price}", "{product}", "{sponsor}"], "reset needs a line without a slot.", id="slots only"
        ),
        pytest.param("reset", ["a", "b", "{prise}"], "reset has a slot that nothing fills: prise.", id="unknown slot"),
        pytest.param(
            "reset",
            ["a", "b", "one two three four five six seven eight {price}"],
            "reset has a line over 8 words or 48 characters: one two three four five six seven eight {price}",
            id="nine words",
        ),
        pytest.param(
            "reset",
            ["a", "b", "c" * 49],
            f"reset has a line over 8 words or 48 characters: {'c' * 49}",
            id="49 letters",
        ),
        pytest.param("smile", ["a", "b", "c"], "Kinds that are missing or unknown: smile.", id="unknown kind"),
    ],
)
def test_pack_that_breaks_a_limit_is_refused(kind: str, lines: object, sentence: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        TipTemplates.from_dict({**PACK, kind: lines})


def test_pack_without_a_kind_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^Kinds that are missing or unknown: reset\.$"):
        TipTemplates.from_dict({kind: lines for kind, lines in PACK.items() if kind != "reset"})


def test_language_without_a_pack_gets_english() -> None:
    assert load_templates("en") == ENGLISH
    assert load_templates("zh") != ENGLISH
    assert load_templates("xx") == ENGLISH


CHINESE = tomllib.loads((Path(__file__).parents[2] / "resources/packs/zh/tips.toml").read_text(encoding="utf-8"))
EVIDENCE = {
    "price": "$14.99",
    "product": "铸铁煎锅",
    "sponsor": "Barkwell",
    "point": "整块铸造",
    "next": "围裙",
    "fact": "2.1 公斤",
    "viewer": "小玫",
    "question": "有别的颜色吗",
    "count": "3",
    "safer": "results vary",
}


@pytest.mark.parametrize("kind", sorted(CATALOGUE))
def test_chinese_tips_are_sound_with_the_words_of_the_plan_and_of_viewers_in_them(kind: str) -> None:
    templates = load_templates("zh")
    grounding = Grounding.of(load_lexicon("zh"), templates.words)
    for line in CHINESE[kind]:
        text = line.format_map(EVIDENCE)
        assert fits(text)
        assert grounding.refusal(text, EVIDENCE.values()) == ""


def test_chinese_tip_with_what_is_not_known_is_not_shown() -> None:
    templates = load_templates("zh")
    grounding = Grounding.of(load_lexicon("zh"), templates.words)
    assert grounding.refusal("报价 $87", ["$14.99"]) == "number"
    assert grounding.refusal("小玫 治百病", ["小玫"]) == "word"
