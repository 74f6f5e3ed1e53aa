"""A show in the cloud: the desktop's session, whatever comes twice, late or from the future."""

from __future__ import annotations

import dataclasses
import io
import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from cloud_api.coach.show import Opening, Show
from martlive_desktop.core.events import Tip, from_json
from martlive_desktop.core.frames import Frame, FrameKind
from martlive_desktop.core.plan import Product, ShowPlan
from tests.fakes.hostile import ANSWERS, NASTY, PLANS, STEPS, Outcome
from tests.fakes.pictures import speckled
from tests.fakes.talk import said

if TYPE_CHECKING:
    from martlive_desktop.core.coach.drafting import DraftRequest

PLAN = ShowPlan(products=(Product("dew serum", price=28.0, facts=("safe for cats and dogs",)),))
FRAME_MS = 200


class Stream:
    """Feeds a show as a gateway does."""

    def __init__(self, opening: Opening, start_ms: int = 0) -> None:
        self.asked: list[DraftRequest] = []
        self.wall_ms = 1_000
        self.show = Show(opening, self.asked.append, lambda: self.wall_ms)
        self.show.attach()
        self.at_ms = self.start_ms = start_ms
        self.out: list[dict[str, Any]] = []

    def keep(self, lines: list[str]) -> None:
        self.out += map(json.loads, lines)

    def sound(self, frames: int = 1, voice: float = 0.0) -> None:
        for _ in range(frames):
            self.wall_ms += FRAME_MS
            self.keep(self.show.sound(frame(self.at_ms, self.at_ms - self.start_ms)))
            self.at_ms += FRAME_MS
            self.keep(self.show.voice(self.at_ms // 32 * 32, (voice,) * 7))

    def told(self, kind: str) -> list[dict[str, Any]]:
        return [one for one in self.out if one["type"] == kind]


def frame(at_ms: int, seed: int = 0) -> Frame:
    pcm = np.random.default_rng(seed).normal(0, 500, FRAME_MS * 16).astype("<i2")
    return Frame(FrameKind.PCM16, at_ms // FRAME_MS, at_ms, pcm.tobytes())


def jpeg(pixels: np.ndarray[Any, np.dtype[np.uint8]]) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=80)
    return file.getvalue()


def camera(stream: Stream, seconds: int, *, is_black: bool) -> None:
    noise = np.random.default_rng(1)
    for number in range(2 * seconds):
        stream.sound(5 if number % 2 else 0, voice=0.9)
        pixels = speckled(3, 640, 360).astype(int) + noise.integers(-8, 8, (360, 640, 3)) + number % 2 * 10
        shown = np.zeros((360, 640, 3), np.uint8) if is_black else pixels.clip(0, 255).astype(np.uint8)
        stream.keep(stream.show.picture(Frame(FrameKind.JPEG, number, stream.at_ms, jpeg(shown))))


def test_camera_that_turns_black_gives_its_tip() -> None:
    stream = Stream(Opening(PLAN))
    camera(stream, 5, is_black=False)
    assert not [one for one in stream.told("screen") if one["black"]]
    camera(stream, 8, is_black=True)
    stream.sound(15)
    assert [one for one in stream.told("screen") if one["black"]]
    assert [tip["kind"] for tip in stream.told("tip")] == ["black"]
    assert stream.told("tip")[0]["source"] == "rules"


def test_what_was_heard_before_is_not_heard_again() -> None:
    once, twice = Stream(Opening(PLAN)), Stream(Opening(PLAN))
    once.sound(60, voice=0.9)
    twice.sound(30, voice=0.9)
    # The frames overlap what was heard in the middle of one.
    for at_ms in (4_000, 5_800):
        twice.keep(twice.show.sound(frame(at_ms, at_ms)))
    twice.keep(twice.show.voice(5_984, (0.9,) * 20))
    twice.sound(30, voice=0.9)
    assert once.out == twice.out
    assert twice.show.heard_through_ms == 12_000


def test_frame_that_overlaps_in_part_gives_its_new_part() -> None:
    stream = Stream(Opening(PLAN))
    stream.sound(5)
    stream.keep(stream.show.sound(Frame(FrameKind.PCM16, 9, 900, frame(900).payload)))
    assert stream.show.heard_through_ms == 1_100


def test_lost_sound_is_silence_and_a_long_gap_is_another_show() -> None:
    stream = Stream(Opening(PLAN))
    stream.sound(5)
    stream.at_ms = 20_000
    stream.sound(1)
    assert stream.show.heard_through_ms == 20_200
    stream.at_ms = 200_000
    stream.sound(1)
    assert stream.show.heard_through_ms == 200_200


def test_show_that_goes_on_here_begins_as_any_show_does() -> None:
    begun, moved = Stream(Opening(PLAN)), Stream(Opening(PLAN), start_ms=3_600_000)
    for stream in (begun, moved):
        start_ms = stream.at_ms
        stream.sound(140, voice=0.9)
        stream.keep(stream.show.words(said("This is the dew serum, it cures eczema.", start_ms + 5_000)))
        stream.keep(stream.show.chat(start_ms + 25_000, "Rosa", "is it safe for cats?"))
        stream.sound(300)
    later = [
        {name: value - 3_600_000 if name.endswith("_ms") else value for name, value in event.items()}
        for event in moved.out
    ]
    assert later == begun.out
    assert begun.told("tip")


def test_words_come_once() -> None:
    stream = Stream(Opening(PLAN))
    stream.sound(30, voice=0.9)
    final = said("It cures eczema.", 3_000, utterance=4)
    stream.keep(stream.show.words(final))
    cues = len(stream.told("cue"))
    assert cues
    for again in (final, dataclasses.replace(final, is_final=False), said("It cures eczema.", 3_000, utterance=2)):
        assert not any("cue" in line for line in stream.show.words(again))
    assert not stream.told("transcript")


def test_chat_is_cleaned_and_never_from_the_future() -> None:
    stream = Stream(Opening(PLAN))
    stream.keep(stream.show.chat(0, "early", "hello before the sound"))
    assert not stream.out
    stream.sound(10)
    stream.keep(stream.show.chat(7_200_000, "Ro\u202esa\x00", "is it\nsafe?" + "!" * 900))
    stream.keep(stream.show.chat(100, "\u202e", "nobody"))
    early, line = stream.told("chat")
    assert early["text"] == "hello before the sound"
    assert (line["user"], line["text"][:12], len(line["text"])) == ("Rosa", "is it safe?!", 300)
    assert line["at_ms"] == 2_000


def test_commands_act_at_the_time_of_the_stream() -> None:
    stream = Stream(Opening(PLAN))
    stream.keep(stream.show.command("off"))
    stream.sound(10)
    for what in ("on", "mark", "next_item", "dismiss"):
        stream.keep(stream.show.command(what))
    assert [(one["state"], one["at_ms"]) for one in stream.told("status")] == [
        ("off", 200),
        ("on", 2_000),
        ("marked", 2_000),
    ]
    assert [one["item"] for one in stream.told("rundown") if one["what"] == "shown"] == ["dew serum"]


def test_time_stands_still_without_a_stream_and_runs_not_far_ahead_of_sound() -> None:
    stream = Stream(Opening(PLAN))
    stream.sound(10)
    stream.wall_ms += 60_000
    stream.keep(stream.show.tick())
    stream.keep(stream.show.command("mark"))
    stream.show.detach()
    assert stream.show.tick() == []
    stream.keep(stream.show.command("mark"))
    assert [one["at_ms"] for one in stream.told("status") if one["state"] == "marked"] == [7_000, 7_000]


def test_finished_show_says_so_once_and_hears_no_more() -> None:
    stream = Stream(Opening(PLAN))
    stream.sound(10)
    stream.keep(stream.show.finish())
    stream.sound(10)
    assert stream.show.finish() == []
    assert [one["state"] for one in stream.told("status")] == ["ended"]


def test_words_of_the_model_are_called_remote_and_ungrounded_ones_are_not_used() -> None:
    question = "moving to a flat with no lift in spring delivery up to the fourth floor?"
    answers = {'{"tip":"Rosa: delivery to the fourth floor?"}': "remote", '{"tip":"Rosa: it cures cancer"}': "rules"}
    for answer, source in answers.items():
        stream = Stream(Opening(PLAN, skill="rephrase"))
        stream.sound(200, voice=0.9)
        stream.keep(stream.show.chat(40_000, "Rosa", question))
        for _ in range(300):
            stream.sound(1)
            while stream.asked:
                stream.keep(stream.show.draft(stream.asked.pop().cue_id, answer))
        tips = [tip for tip in stream.told("tip") if tip["kind"] == "chat_unanswered"]
        assert [tip["source"] for tip in tips] == [source]
        assert "cancer" not in tips[0]["text"]


@pytest.mark.real
@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(PLANS, STEPS, st.lists(ANSWERS, min_size=1, max_size=5))
def test_hostile_plan_chat_talk_and_model_bring_nothing_ungrounded(
    plan: ShowPlan, steps: list[tuple[str, str, str]], answers: list[str]
) -> None:
    names = {product.name.casefold(): product for product in plan.products}
    plan = dataclasses.replace(plan, products=tuple(names.values()))
    stream = Stream(Opening(plan, skill="rephrase"))
    outcome = Outcome()
    outcome.evidence += [plan.sponsor, *map(str, range(len(steps)))]
    for product in plan.products:
        outcome.evidence += [product.name, *product.aliases, *product.facts, *product.talking_points]
        outcome.evidence += [f"{product.price:.2f} {product.price:.0f} {plan.currency}"] if product.price else []
    stream.sound(5)
    for number, (kind, text, user) in enumerate(steps):
        if kind == "chat":
            stream.keep(stream.show.chat(stream.at_ms, user or "x", text or "x"))
        elif kind == "said":
            stream.keep(stream.show.words(said(f"{text}.", stream.at_ms, utterance=number)))
        else:
            stream.wall_ms += int(text) * 1000
            stream.keep(stream.show.tick())
        while stream.asked:
            stream.keep(stream.show.draft(stream.asked.pop().cue_id, answers[number % len(answers)]))
        stream.sound(8)
    for line in stream.out:
        if line["type"] == "chat":
            outcome.evidence += [line["user"], line["text"]]
        if line["type"] == "tip":
            tip = from_json(json.dumps(line))
            assert isinstance(tip, Tip)
            outcome.tips.append(tip)
    assert outcome.faults() == []


def test_hostile_text_everywhere_does_not_stop_a_show() -> None:
    names = {text.strip().casefold() or "x": text for text in NASTY}
    products = tuple(Product(name, facts=(text,), talking_points=(text,)) for name, text in names.items())
    stream = Stream(Opening(ShowPlan(products=products), skill="span"))
    stream.sound(20)
    for number, text in enumerate(NASTY):
        stream.keep(stream.show.chat(1_000, text, text))
        stream.keep(stream.show.words(said(text, stream.at_ms, utterance=number)))
        stream.sound(2)
    assert stream.show.heard_through_ms == 4_000 + 400 * len(NASTY)
