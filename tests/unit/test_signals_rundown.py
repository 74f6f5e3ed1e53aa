"""The plan's rundown: talking points, minutes, showing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from martlive_desktop.adapters.language_packs import load_lexicon
from martlive_desktop.core.events import Screen, Tick, Transcript
from martlive_desktop.core.meaning import WordOverlap
from martlive_desktop.core.plan import Mode, Product, ShowPlan
from martlive_desktop.core.signals.rundown import RundownDetector
from tests.fakes.talk import said

if TYPE_CHECKING:
    from collections.abc import Sequence

LEXICON = load_lexicon("en")
LAMP = Product("desk lamp", talking_points=("free returns", "two year warranty"), minutes=4)
MUG = Product("blue mug")


@dataclass
class OnShow:
    product: str = ""
    product_since_ms: int = 0


def rundown(mode: Mode = "selling") -> tuple[RundownDetector, OnShow]:
    on = OnShow()
    plan = ShowPlan(mode=mode, products=(LAMP, MUG))
    return RundownDetector(plan, LEXICON, WordOverlap(LEXICON.function_words), on), on


def say(detector: RundownDetector, text: str, at_s: float = 30, *, utterance: int = 0, is_final: bool = True) -> None:
    transcript = said(text, round(at_s * 1000), utterance=utterance, is_final=is_final)
    detector.observe(transcript, transcript.at_ms)


def found(detector: RundownDetector, at_s: float) -> dict[str, tuple[tuple[str, str], ...]]:
    return {cue.kind: cue.slots for cue in detector.cues(round(at_s * 1000))}


def test_nothing_holds_before_the_first_product_nor_outside_of_selling() -> None:
    detector, on = rundown("talk")
    say(detector, "Free returns.")
    on.product = "desk lamp"
    assert found(detector, 999) == {}
    assert found(rundown()[0], 999) == {}


def test_talking_points_are_named_near_the_planned_end_in_their_order() -> None:
    detector, on = rundown()
    on.product = "desk lamp"
    say(detector, "Look at this closely.")
    assert found(detector, 100) == {}
    assert found(detector, 180)["talking_point"] == (("point", "free returns"),)
    say(detector, "And you can return it for free.", 181, utterance=1)
    assert found(detector, 190)["talking_point"] == (("point", "two year warranty"),)
    say(detector, "The warranty is good for", 191, utterance=2)
    say(detector, "two whole years.", 195, utterance=3)
    assert "talking_point" not in found(detector, 200)


def test_only_finals_count_and_each_once() -> None:
    detector, on = rundown()
    on.product = "desk lamp"
    say(detector, "Free returns for everybody.", is_final=False)
    detector.observe(Transcript(31_000, is_final=True, utterance=0, text="", words=()), 31_000)
    say(detector, "Free returns", utterance=0)
    assert found(detector, 200)["talking_point"] == (("point", "free returns"),)


def test_item_that_runs_over_names_the_next_one() -> None:
    detector, on = rundown()
    on.product = "desk lamp"
    say(detector, "Watch this closely.", 100)
    detector.observe(Tick(1), 1)
    assert "behind_plan" not in found(detector, 299)
    assert found(detector, 300)["behind_plan"] == (("next", "blue mug"),)
    on.product = "blue mug"
    detector.observe(Tick(2), 2)
    on.product = "desk lamp"
    assert "behind_plan" not in found(detector, 300)


@pytest.mark.parametrize(
    ("text", "kinds"), [("Here you can see the stitches.", []), ("It is cosy and warm.", ["demo"])]
)
def test_item_that_is_never_shown(text: str, kinds: list[str]) -> None:
    detector, on = rundown()
    on.product, on.product_since_ms = "blue mug", 10_000
    say(detector, text)
    assert list(found(detector, 129)) == []
    assert list(found(detector, 130)) == kinds


def test_showing_the_item_before_does_not_count() -> None:
    detector, on = rundown()
    say(detector, "Watch this closely.")
    on.product, on.product_since_ms = "blue mug", 60_000
    assert list(found(detector, 200)) == ["demo"]


def shown(scene: str = "", product: str = "", *, is_cut: bool = True, brightness: float = 0.4) -> Screen:
    return Screen(30_000, scene, brightness == 0, False, brightness, is_cut, contrast=brightness / 2, product=product)


@pytest.mark.parametrize(
    ("screen", "kinds"),
    [
        (shown(), []),
        (shown("main"), []),
        (shown("break"), ["demo"]),
        (shown("starting"), ["demo"]),
        (shown(brightness=0), ["demo"]),
        (shown(brightness=0.06), ["demo"]),
        (shown(is_cut=False), ["demo"]),
        (shown(product="blue mug", is_cut=False), []),
        (shown(product="desk lamp", is_cut=False), ["demo"]),
    ],
    ids=["cut", "main", "break", "starting", "black", "soon black", "no cut", "its picture", "picture of another"],
)
def test_what_is_on_screen_shows_the_item(screen: Screen, kinds: list[str]) -> None:
    detector, on = rundown()
    on.product, on.product_since_ms = "blue mug", 10_000
    detector.observe(screen, 30_000)
    assert list(found(detector, 130)) == kinds


def test_screen_without_an_item_shows_none() -> None:
    detector, on = rundown()
    detector.observe(shown(is_cut=False), 30_000)
    on.product, on.product_since_ms = "blue mug", 60_000
    assert list(found(detector, 200)) == ["demo"]


class Alike:
    """Finds every two texts alike."""

    same = related = 0.5

    def likeness(self, text: str, others: Sequence[str]) -> list[float]:
        return [1.0] * len(others)


def test_point_that_is_meant_in_other_words_is_said_while_its_item_is_on() -> None:
    on = OnShow()
    detector = RundownDetector(ShowPlan(products=(LAMP, MUG)), LEXICON, Alike(), on)
    say(detector, "You can send it back for nothing.")
    on.product = "desk lamp"
    assert "talking_point" in found(detector, 200)
    say(detector, "You can send it back for nothing.", utterance=1)
    assert "talking_point" not in found(detector, 200)


def test_plan_and_what_is_said_of_it_are_written_down_once() -> None:
    detector, on = rundown()
    on.product = "desk lamp"
    assert [(one.item, one.what, one.detail) for one in detector.observe(Tick(5), 5)] == [
        ("desk lamp", "planned", ""),
        ("desk lamp", "to_say", "free returns"),
        ("desk lamp", "to_say", "two year warranty"),
        ("blue mug", "planned", ""),
    ]
    first = said("You get free returns with it.", 30_000)
    assert [(one.at_ms, one.what, one.detail) for one in detector.observe(first, 30_000)] == [
        (30_000, "said", "free returns")
    ]
    again = said("Free returns, as always.", 60_000, utterance=1)
    assert detector.observe(again, 60_000) == ()


def test_price_of_the_plan_is_written_as_people_write_it() -> None:
    plan = ShowPlan(products=(Product("tea tin", price=9.95),), currency="GBP")
    detector = RundownDetector(plan, LEXICON, WordOverlap(LEXICON.function_words), OnShow())
    assert [one.detail for one in detector.observe(Tick(5), 5)] == ["£9.95"]
