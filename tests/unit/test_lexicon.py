"""The phrases of a language: their small grammar, and the pack that holds them."""

from __future__ import annotations

import tomllib
from typing import Any, get_args

import pytest

from martlive_desktop.adapters.language_packs import load_lexicon, platforms
from martlive_desktop.adapters.resource_files import resource_path
from martlive_desktop.core.lexicon import Lexicon, Phrases, Repair, is_like
from martlive_desktop.settings import CoachSettings

SETS = {"pets": ["cat|cats", "guinea pig"], "not_in_gaps": ["not"]}


def found(phrase: str, text: str) -> list[str]:
    return [text[start:end] for start, end in Phrases([phrase], SETS).spans(text)]


@pytest.mark.parametrize(
    ("phrase", "text", "expected"),
    [
        ("my cat", " my cat and my catfish ", ["my cat"]),
        ("my|your cat", " your cat , my cat ", ["your cat", "my cat"]),
        ("my old? cat", " my old cat my cat ", ["my old cat", "my cat"]),
        ("heal*", " healing heel ", ["healing"]),
        ("my <pets>", " my guinea pig ", ["my guinea pig"]),
        ("my <pets>? sleeps", " my sleeps ", ["my sleeps"]),
        ("feed .. cat", " feed the big old cat ", ["feed the big old cat"]),
        ("feed .. cat", " feed one two three four cat ", []),
        ("feed .. cat", " feed him , cat ", []),
        ("feed ... cat", " feed him , cat ", ["feed him , cat"]),
        ("feed ... cat", " feed him . cat ", []),
        ("feed .. cat", " feed not the cat ", []),
        ("feed ..", " feed the old grey cat ", ["feed the old grey"]),
        ("right ?", " right ? right . ", ["right ?"]),
        ("c++|c#", " c++ ", ["c++"]),
    ],
)
def test_phrase_grammar(phrase: str, text: str, expected: list[str]) -> None:
    assert found(phrase, text) == expected


@pytest.mark.parametrize("phrase", ["..", "", "a||b", "<dogs>", "<pets", "a*b"])
def test_malformed_phrase_is_refused(phrase: str) -> None:
    with pytest.raises(ValueError, match="language pack"):
        Phrases([phrase], SETS)


def test_phrases_know_their_words() -> None:
    assert Phrases(["feed .. <pets>", "a ?"], SETS).words == {"feed", "not", "cat", "cats", "guinea", "pig"}


@pytest.mark.parametrize(
    ("heard", "meant", "expected"),
    [
        ("exima", "eczema", True),
        ("benmo", "venmo", True),
        ("sissurs", "scissors", True),
        ("migranes", "migraine", True),
        ("psoriasis", "psoriasis", True),
        ("basket", "pocket", False),
        ("vermouth", "venmo", False),
        ("arthritis", "migraine", False),
    ],
)
def test_misheard_words_are_like_what_was_meant(heard: str, meant: str, *, expected: bool) -> None:
    assert is_like(heard, meant) is expected


def test_repair_leaves_short_and_other_words_alone() -> None:
    repair = Repair(["eczema", "venmo", "flu"])
    assert [repair(word) for word in ("exima", "exima", "eczema", "flo", "lamp", "cotton")] == [
        "eczema",
        "eczema",
        "eczema",
        "flo",
        "lamp",
        "cotton",
    ]


def pack() -> dict[str, Any]:
    with resource_path("packs/en/lexicon.toml").open("rb") as file:
        return tomllib.load(file)


def test_english_pack_loads() -> None:
    lexicon = load_lexicon("en")
    assert lexicon.numbers["twenty"] == 20
    assert "dollars" in lexicon.currencies["any"]
    assert lexicon.calls.has(" tap the basket now ")
    assert {"basket", "eczema"} <= lexicon.vocabulary()


def test_language_without_a_pack_falls_back_to_english() -> None:
    assert load_lexicon("xx").numbers == load_lexicon("en").numbers


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("surprise", ["x"], "surprise"),
        ("claims", "cures", "no list"),
        ("claims", [], "no list"),
        ("claims", [1], "no list"),
        ("claims", [" "], "no list"),
        ("claims", ["<nothing>"], "malformed"),
        ("units", [2], "no list"),
        ("numbers", ["one"], "no table"),
        ("numbers", {"one": "1"}, "wrong value"),
        ("numbers", {"one": True}, "wrong value"),
        ("contractions", {"it's": 1}, "wrong value"),
        ("currencies", {"any": "dollar"}, "no list"),
        ("sets", [], "no table"),
    ],
)
def test_broken_pack_is_refused(key: str, value: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Lexicon.from_dict({**pack(), key: value})


def test_pack_without_a_table_is_refused() -> None:
    data = pack()
    del data["asks"]
    with pytest.raises(ValueError, match="asks"):
        Lexicon.from_dict(data)


@pytest.mark.parametrize("platform", [{"surprise": ["x"]}, {"claims": "x"}, {"numbers": ["x"]}])
def test_broken_platform_pack_is_refused(platform: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="tables that the language pack has not"):
        Lexicon.merged(pack(), platform)


def test_platform_s_settings_are_those_that_have_a_pack() -> None:
    allowed = get_args(CoachSettings.model_fields["platform"].annotation)
    assert [name for name in allowed if name] == platforms()
