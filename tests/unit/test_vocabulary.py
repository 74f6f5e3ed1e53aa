"""Names of the show in place of what sounds like them."""

from __future__ import annotations

import pytest

from martlive_desktop.core.plan import Product, ShowPlan
from martlive_desktop.core.speech.stable import Piece
from martlive_desktop.core.speech.vocabulary import Replacement, Vocabulary, sound_key


def heard(text: str, probability: float = 0.5) -> list[Piece]:
    """Words and marks, one after the other; a word in brackets is sure."""
    pieces = []
    for number, word in enumerate(text.replace(",", " ,").replace(".", " .").split()):
        is_mark = word in {",", "."}
        is_sure = word.startswith("[")
        pieces.append(
            Piece(
                word if is_mark else f" {word.strip('[]')}",
                100 * number,
                100 * number + 100,
                0.99 if is_sure else probability,
                (number,),
                begins_word=not is_mark,
            )
        )
    return pieces


def written(names: list[str], pieces: list[Piece], gains: dict[str, float] | None = None) -> list[tuple[int, int, str]]:
    """What is replaced, if the model gives `gains`, by text, and otherwise -1."""

    def gain(one: Replacement) -> float:
        return (gains or {}).get(one.text.strip(), -1.0)

    return [(one.first, one.after, one.text) for one in Vocabulary(names).replacements(pieces, gain)]


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("Barkwell", "by Barquwell.", (1, 2, " Barkwell")),
        ("Solwick", "the Saul Wick that", (1, 3, " Solwick")),
        ("paw balm", "my pawbomb every", (1, 2, " paw balm")),
        ("knee sleeve", "Kneesleave, right", (0, 1, " Knee sleeve")),
        ("Crème Zoë", "the cream zoey", (1, 3, " Crème Zoë")),
    ],
)
def test_words_that_sound_like_a_name_become_it(name: str, text: str, found: tuple[int, int, str]) -> None:
    assert written([name], heard(text)) == [found]


@pytest.mark.parametrize(
    ("names", "text"),
    [
        (["Barkwell"], "a bucket of water"),
        (["Barkwell"], "[by] [Barquwell]"),
        (["yarn bowl"], "the yarn bowl works"),
        (["yarn bowl"], "Yarn, bowls"),
        (["Tindra"], "the tindra's here"),
        (["护手霜", "&"], "a b c"),
        ([], "anything"),
    ],
    ids=["unlike", "sure", "name", "names", "of the name", "no English letters", "no names"],
)
def test_other_words_stay(names: list[str], text: str) -> None:
    assert written(names, heard(text)) == []


def test_name_that_the_model_did_not_hear_is_not_written() -> None:
    assert written(["Pawlish"], heard("nail polish"), {"Pawlish": -6.1}) == []
    assert written(["Pawlish"], heard("nail polish"), {"Pawlish": -6.0}) == [(1, 2, " Pawlish")]


def test_likelier_of_two_names_in_one_place_is_written() -> None:
    names = ["Nuvella", "novelle"]
    assert written(names, heard("my nofella"), {"Nuvella": -2.0, "novelle": -1.0}) == [(1, 2, " novelle")]


def test_names_in_several_places_come_in_order() -> None:
    found = written(["Barkwell", "Kovara"], heard("Kavara and barcwell"), {"Kovara": -3.0})
    assert found == [(0, 1, " Kovara"), (2, 3, " Barkwell")]


def test_only_the_most_alike_are_tried() -> None:
    tried: list[str] = []

    def gain(one: Replacement) -> float:
        tried.append(one.text)
        return 0.0

    names = [f"kovar{vowel}{other}" for vowel in "aeiou" for other in "aeiou"]
    Vocabulary(names).replacements(heard("kavari"), gain)
    assert len(tried) == 6


@pytest.mark.parametrize(("one", "other"), [("Zentrix", "sentricks"), ("quick", "kwik"), ("Phara", "fara")])
def test_spellings_of_the_same_sounds_have_the_same_key(one: str, other: str) -> None:
    assert sound_key(one) == sound_key(other)


def test_plan_names_its_sponsor_and_its_products() -> None:
    products = (Product("paw balm", aliases=("balm",)), Product("Kovara"))
    assert ShowPlan(sponsor="Barkwell", products=products).names == ("Barkwell", "paw balm", "balm", "Kovara")
    assert ShowPlan().names == ()
