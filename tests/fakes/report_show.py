"""Made-up shows for the report: one in which everything happens, one of twelve hours, a hostile one."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from martlive_desktop.core.events import (
    Chat,
    Cue,
    Question,
    Rundown,
    Screen,
    SessionStarted,
    Signal,
    Status,
    Tip,
    TipClosed,
    Transcript,
    Word,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from martlive_desktop.core.events import LogEvent, RundownStep, TipEnd

LENGTH_MS = 14 * 60_000
WORD_MS = 330

LINES = (
    "Welcome in, everyone, so good to see you all tonight.",
    "This is the cast iron skillet, and it is my favourite pan in the whole kitchen.",
    "It goes from the stove straight into the oven, no problem at all.",
    "Look at this crust, I have not touched it once.",
    "It comes pre-seasoned, so you can cook with it on the first day.",
    "Tap the basket down there if you want one, we have about forty left.",
    "Rinse it, dry it, a drop of oil, done.",
    "Somebody asked about induction, and yes, it works on induction.",
    "I use the handle towel, the handle gets hot in the oven.",
    "Let me turn it so you can see the bottom.",
)
NAMES = ("Rosa", "kim_bakes", "Jonas", "Mei", "Tom", "bea_88", "Nadia", "Walter")
REMARKS = ("love the color!", "hello from Oslo", "so pretty", "wow", "mine came yesterday", "first time here", "hi hi")


def busy_show() -> list[LogEvent]:
    """Everything a report can tell, in 14 minutes."""
    events: list[LogEvent] = [
        SessionStarted(0, "0.2.0", "selling", "microphone", ("whisper-base", "all-MiniLM-L6-v2"), "cb01b0a0e679c620"),
        Status(0, "recogniser", "ready"),
        *_planned(),
        *_talk(LENGTH_MS, quiet=((211_000, 226_000), (540_000, 552_500))),
        *_measured(LENGTH_MS),
        *_chat(LENGTH_MS, 9_000),
        *_steps(),
        *_questions(),
        *_tips(),
        Screen(0, "starting", is_black=False, is_frozen=False, brightness=0.4, is_cut=False),
        Screen(24_000, "main", is_black=False, is_frozen=False, brightness=0.4, is_cut=True),
        Screen(392_000, "main", is_black=True, is_frozen=False, brightness=0.01, is_cut=True),
        Screen(404_000, "main", is_black=False, is_frozen=False, brightness=0.4, is_cut=True),
        Screen(610_000, "break", is_black=False, is_frozen=False, brightness=0.4, is_cut=True),
        Screen(655_000, "main", is_black=False, is_frozen=False, brightness=0.4, is_cut=True),
        Status(118_400, "session", "marked", "You marked this moment."),
        Status(498_200, "session", "marked", "You marked this moment."),
        Status(300_000, "coach", "off"),
        Status(342_000, "coach", "on"),
        Status(610_500, "microphone", "lost"),
        Status(618_500, "microphone", "ready"),
        Status(706_000, "recogniser", "delayed"),
        Status(LENGTH_MS, "session", "ended"),
    ]
    return sorted(events, key=lambda event: event.at_ms)


def cut_off_show() -> list[LogEvent]:
    """The busy show, without its second half."""
    return [event for event in busy_show() if event.at_ms < LENGTH_MS // 2]


def empty_show() -> list[LogEvent]:
    """Started and ended."""
    return [
        SessionStarted(0, "0.2.0", "talk", "microphone", ("whisper-base",), "cb01b0a0e679c620"),
        Status(1_500, "session", "ended"),
    ]


def long_show() -> list[LogEvent]:
    """Twelve hours, 20,000 lines of chat and 100,000 words."""
    length_ms = 12 * 3_600_000
    events: list[LogEvent] = [
        SessionStarted(0, "0.2.0", "selling", "microphone", ("whisper-base",), "cb01b0a0e679c620"),
        *_planned(),
        *_talk(length_ms, word_ms=300, quiet=()),
        *_measured(length_ms),
        *_chat(length_ms, length_ms // 20_010),
        *(
            event
            for nth in range(36)
            for step in _steps()
            if step.at_ms < 720_000
            for event in (replace(step, at_ms=step.at_ms + nth * 1_200_000),)
        ),
        *(
            Question(60_000 + nth * 20_000, 15_000 + nth * 20_000, NAMES[nth % 8], "does it fit a gas stove?", "asked")
            for nth in range(2_000)
        ),
        *(event for nth in range(432) for event in _tip(nth, 50_000 + nth * 100_000, "price_missing", "Say the price")),
        Status(length_ms, "session", "ended"),
    ]
    return sorted(events, key=lambda event: event.at_ms)


HOSTILE = (
    '<script>alert("1")</script>',
    "</script><!--<script>",
    '"onmouseover="alert(1)',
    "\u202egnp.exe \u2067abc",
    "nul \x00 and \x1b[31m",
    "half \ud83d of 2",
    "line \u2028 and \u2029 ends",
    "{{ 7 * 7 }} {% raw %} {0} {part}",
    "&amp; &lt;b&gt; ' \\u003c",
)


def hostile_show() -> list[LogEvent]:
    """Words, names and a plan that would break a careless page."""
    events: list[LogEvent] = [
        SessionStarted(0, "0.2.0", HOSTILE[0], HOSTILE[1], (HOSTILE[2],), "cb01b0a0e679c620"),
        Status(90_000, "session", "ended"),
    ]
    for nth, text in enumerate(HOSTILE):
        at_ms = 1_000 + nth * 8_000
        events += [
            Transcript(at_ms + 900, True, nth, text, (Word(text, at_ms, at_ms + 900, 0.4),)),
            Chat(at_ms, text, text, "twitch"),
            Rundown(0, text, "planned", text),
            Rundown(0, text, "to_say", text),
            Rundown(at_ms, text, "shown"),
            Question(at_ms + 1, at_ms, text, text, "asked"),
            Question(at_ms + 2, at_ms, text, text, "waiting", 2, text),
            Cue(at_ms, "claim_medical", 0.9, (text,), (("safer", text),), f"c{nth}", 1),
            Tip(at_ms + 5, f"t{nth}", f"c{nth}", "claim_medical", text, 1, "rules", at_ms + 5_000),
            Cue(at_ms + 6, text, 0.9, (text,), (), f"m{nth}", 3),
            Status(at_ms, "scene", "shown", text),
        ]
    return sorted(events, key=lambda event: event.at_ms)


def _planned() -> Iterator[LogEvent]:
    for name, price in (
        ("Cast iron skillet", "$39.95"),
        ("Ash cutting board", "$46.50"),
        ("Stoneware mug, set of 2", "$28"),
        ("Linen apron", "$34.90"),
    ):
        yield Rundown(0, name, "planned", price)
    yield Rundown(0, "Cast iron skillet", "to_say", "pre-seasoned")
    yield Rundown(0, "Cast iron skillet", "to_say", "works on induction")
    yield Rundown(0, "Ash cutting board", "to_say", "end grain, 4 cm")


def _steps() -> list[Rundown]:
    skillet, board, mug = "Cast iron skillet", "Ash cutting board", "Stoneware mug, set of 2"
    steps: Sequence[tuple[int, str, RundownStep, str]] = (
        (26_000, skillet, "shown", ""),
        (49_300, skillet, "price", ""),
        (52_000, skillet, "call", ""),
        (61_000, skillet, "said", "pre-seasoned"),
        (133_000, skillet, "said", "works on induction"),
        (232_000, skillet, "recap", ""),
        (268_000, board, "shown", ""),
        (381_000, board, "price", ""),
        (486_000, mug, "shown", ""),
        (486_400, mug, "price", ""),
        (498_000, mug, "call", ""),
        (660_000, mug, "recap", ""),
        (712_000, skillet, "shown", ""),
        (730_000, skillet, "call", ""),
    )
    return [Rundown(at_ms, item, what, detail) for at_ms, item, what, detail in steps]


def _questions() -> Iterator[LogEvent]:
    for at_ms, user, text, answered_ms, viewers, fact in (
        (92_000, "Jonas", "does it work on induction?", 133_500, 1, ""),
        (157_000, "Rosa", "is the handle safe in the oven?", 190_000, 1, ""),
        (305_000, "kim_bakes", "how much is shipping to Canada?", None, 3, ""),
        (455_000, "Mei", "is the board safe for 1 dishwasher run?", None, 1, "oil it, never the dishwasher"),
        (590_000, "Tom", "what sizes are there?", None, 2, "26 cm, 2.1 kg"),
        (688_000, "Nadia", "will the mugs be back?", 701_000, 1, ""),
    ):
        yield Chat(at_ms, user, text, "twitch")
        yield Question(at_ms, at_ms, user, text, "asked")
        if viewers > 1:
            yield Question(at_ms + 9_000, at_ms, user, text, "asked", viewers)
        if answered_ms is None:
            yield Question(at_ms + 45_000, at_ms, user, text, "waiting", viewers, fact)
        else:
            yield Question(answered_ms, at_ms, user, text, "answered", viewers)


def _tips() -> Iterator[LogEvent]:
    tips: Sequence[tuple[int, str, str, TipEnd]] = (
        (41_000, "price_missing", "Say the price", "fulfilled"),
        (219_500, "dead_air", "Say what’s in hand", "expired"),
        (351_000, "chat_unanswered", "3 ask: shipping to Canada?", "expired"),
        (352_500, "price_missing", "Say what the board costs", "superseded"),
        (394_500, "black", "Screen is black", "fulfilled"),
        (448_000, "cta_missing", "Tell them: tap basket", "expired"),
        (571_000, "claim_medical", "Say: results vary", "dismissed"),
        (640_000, "wrong_scene", "Still on BRB or start scene", "fulfilled"),
        (770_000, "well_done", "Great pace", "expired"),
    )
    for nth, (at_ms, kind, text, end) in enumerate(tips):
        yield from _tip(nth, at_ms, kind, text, end)
    yield Cue(566_000, "price_mismatch", 0.8, ("$24 said, $28 in the plan",), (("price", "$28"),), "m0", 1)
    yield Cue(420_000, "filler_cluster", 0.8, ("4 fillers in 15 s",), (), "m1", 3)
    yield Cue(240_000, "greet", 0.8, ("a new name unspoken for 3 min",), (), "m2", 3)


SEVERITIES = {"black": 0, "price_missing": 2, "cta_missing": 2, "well_done": 3}
REASONS = {
    "price_missing": "on an item for 60 s without a price",
    "dead_air": "no speech for 8 s",
    "chat_unanswered": "a question without an answer for 45 s",
    "black": "98 % of the picture black for 2 s",
    "cta_missing": "60 s since a price without a call to action",
    "claim_medical": "a health claim or an absolute promise was said",
    "wrong_scene": "a break scene for 20 s while you spoke",
    "well_done": "5 min with nothing to correct",
}


def _tip(nth: int, at_ms: int, kind: str, text: str, end: TipEnd = "expired") -> Iterator[LogEvent]:
    severity = SEVERITIES.get(kind, 1)
    slots = (("safer", "Say: results vary"),) if kind == "claim_medical" else ()
    yield Cue(at_ms - 400, kind, 0.9, (REASONS[kind],), slots, f"c{nth}", severity)
    yield Tip(at_ms, f"t{nth}", f"c{nth}", kind, text, severity, "rules", at_ms + 5_000)
    yield TipClosed(at_ms + (3_000 if end == "fulfilled" else 5_000), f"t{nth}", end)


def _talk(length_ms: int, *, quiet: Sequence[tuple[int, int]], word_ms: int = WORD_MS) -> Iterator[LogEvent]:
    at_ms, utterance = 1_000, 0
    while at_ms < length_ms - 12_000:
        pause = next((end for start, end in quiet if start <= at_ms < end), None)
        if pause is not None:
            at_ms = pause
            continue
        text = LINES[utterance * 7 % len(LINES)] if utterance else LINES[0]
        words = []
        for place, word in enumerate(text.split()):
            sure = 0.42 if (utterance * 5 + place) % 29 == 0 else 0.93
            words.append(Word(word, at_ms, at_ms + word_ms - 40, sure))
            at_ms += word_ms
        yield Transcript(words[-1].end_ms, True, utterance, text, tuple(words))
        at_ms += 500 + 130 * (utterance % 7)
        utterance += 1


def _measured(length_ms: int) -> Iterator[LogEvent]:
    for at_ms in range(1_000, length_ms, 1_000):
        s = at_ms / 1000
        level = -22 + 3 * math.sin(s / 19) + 2 * math.sin(s * 2.1) + (1.5 * math.sin(s / 101))
        yield Signal(at_ms, "level", round(level, 1), "dBFS")
        if at_ms >= 20_000:
            pace = 152 + 24 * math.sin(s / 43) + 12 * math.sin(s / 11)
            pace += 58 * math.exp(-(((s % 1_200) - 450) ** 2) / 900)
            yield Signal(at_ms, "pace", float(round(pace)), "wpm")
        if at_ms % 10_000 == 0:
            yield Signal(at_ms, "snr", round(34 + 2 * math.sin(s / 60), 1), "dB")
            yield Signal(at_ms, "pitch_sd", round(3 + math.sin(s / 70), 2), "semitones")


def _chat(length_ms: int, every_ms: int) -> Iterator[LogEvent]:
    for nth, at_ms in enumerate(range(4_000, length_ms - 2_000, every_ms)):
        yield Chat(at_ms, NAMES[nth * 3 % len(NAMES)], REMARKS[nth * 5 % len(REMARKS)], "twitch")
