"""What may be shown: nothing long, odd, risky, or unknown."""

from __future__ import annotations

import pytest

from martlive_desktop.adapters.language_packs import load_lexicon
from martlive_desktop.adapters.tip_packs import load_templates
from martlive_desktop.core.coach.grounding import Grounding

GROUNDING = Grounding.of(load_lexicon("en"), load_templates("en").words)
EVIDENCE = ("dew serum", "$28.50", "Rosa", "safe for cats?", "3")


@pytest.mark.parametrize(
    "text",
    [
        "Rosa: safe for cats?",
        "Say dew serum costs $28.50",
        "Tell Rosa the price",
        "3 ask: safe for cats?",
        "Show Rosa’s cat",
    ],
)
def test_text_of_known_words_is_fine(text: str) -> None:
    assert GROUNDING.refusal(text, EVIDENCE) == ""


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "length"),
        (" ", "length"),
        ("say the price say the price say the price", "length"),
        ("a" * 49, "length"),
        ("Say the\nprice", "signs"),
        ("Say the \u202eprice", "signs"),
        ("<b>Rosa</b>", "signs"),
        ("It cures eczema", "claim"),
        ("Tell them: pay me on Venmo", "claim"),
        ("Say dew serum costs $29", "number"),
        ("Say it costs nine", "number"),
        ("Tell Maria the price", "word"),
        ("The dew serum is waterproof", "word"),
    ],
)
def test_anything_else_is_refused(text: str, why: str) -> None:
    assert GROUNDING.refusal(text, EVIDENCE) == why


def test_no_line_of_the_pack_is_a_claim() -> None:
    lexicon = load_lexicon("en")
    assert [line for line in (*load_templates("en").words, *lexicon.safer) if GROUNDING.is_claim(line)] == []
