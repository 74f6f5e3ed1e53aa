"""Counts how often MartLive would interrupt real talk: `make bench-talk` writes the table into docs/benchmarks.md.

The words and times are what two recognisers heard of four earnings calls (Earnings-21: Del Rio et al., Interspeech 2021,
CC BY-SA 4.0), beside the project in ../shared/coach-data. Nobody in them needs a coach, so fewer cues are better.
"""

from __future__ import annotations

import argparse
import csv
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from martlive_desktop.coaching import build_session
from martlive_desktop.core.events import FRAME_MS, Cue, Tick, Tip, Transcript, Voice, Word
from martlive_desktop.core.plan import ShowPlan
from martlive_desktop.settings import Settings
from tests.bench.coach import ROOT, write_section

CALLS = ROOT.parent / "shared" / "coach-data" / "earnings21"
BEGIN, END = "<!-- talk: made by make bench-talk -->", "<!-- end of talk -->"

BREATH_MS = 700
"""Silence that ends an utterance, as the recogniser has it."""

LONGEST_MS = 15_000
FINAL_MS = 1_000
"""From the end of an utterance to its words."""

STEP_MS = 320


@dataclass(frozen=True, slots=True)
class Talk:
    """What came of one recogniser's words."""

    hours: float
    cues: Counter[str]
    tips: int


def read_words(path: Path) -> list[Word]:
    """The words of a transcript with their times and punctuation."""
    with path.open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file, delimiter="|", quoting=csv.QUOTE_NONE) if row["ts"]]
    return [
        Word(
            row["token"] + (row["punctuation"] or ""),
            round(float(row["ts"]) * 1000),
            round(float(row["endTs"]) * 1000),
            1.0,
        )
        for row in rows
    ]


def utterances(words: list[Word]) -> list[list[Word]]:
    """Runs of words without a breath."""
    out: list[list[Word]] = []
    for word in words:
        if out and word.start_ms - out[-1][-1].end_ms < BREATH_MS and word.end_ms - out[-1][0].start_ms < LONGEST_MS:
            out[-1].append(word)
        else:
            out.append([word])
    return out


def replay(path: Path) -> Talk:
    """Let MartLive hear the words of one call, as a talk."""
    words = read_words(path)
    session = build_session(ShowPlan(mode="talk"), Settings())
    finals = [
        Transcript(
            run[-1].end_ms + FINAL_MS,
            is_final=True,
            utterance=number,
            text=" ".join(one.text for one in run),
            words=tuple(run),
        )
        for number, run in enumerate(utterances(words))
    ]
    end_ms = words[-1].end_ms + FINAL_MS
    cues: Counter[str] = Counter()
    tips = at_word = 0
    for at_ms in range(STEP_MS, end_ms, STEP_MS):
        frames = range(at_ms - STEP_MS, at_ms, FRAME_MS)
        voiced: list[float] = []
        for frame_ms in frames:
            while at_word < len(words) - 1 and words[at_word].end_ms < frame_ms:
                at_word += 1
            voiced.append(0.9 if words[at_word].start_ms <= frame_ms <= words[at_word].end_ms else 0.02)
        inputs: list[Tick | Voice | Transcript] = [Tick(at_ms), Voice(at_ms, tuple(voiced))]
        while finals and finals[0].at_ms <= at_ms:
            inputs.append(finals.pop(0))
        for event in (event for one in inputs for event in session.handle(one, at_ms)):
            if isinstance(event, Cue):
                cues[event.kind] += 1
            tips += isinstance(event, Tip)
    return Talk(end_ms / 3_600_000, cues, tips)


def main() -> None:
    """Replay and count."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--print", action="store_true", help="only print; leave docs/benchmarks.md as it is")
    asked = parser.parse_args()
    rows = [
        "| words of | hours | pace_fast an hour | all cues an hour | tips an hour | cues by kind |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for name in ("amazon", "google"):
        talks = [replay(path) for path in sorted(CALLS.glob(f"*.asr-{name}.nlp"))]
        if not talks:
            raise SystemExit(f"No calls in {CALLS}.")
        hours = sum(talk.hours for talk in talks)
        cues = sum((talk.cues for talk in talks), Counter[str]())
        kinds = ", ".join(f"{kind} {count}" for kind, count in cues.most_common())
        tips = sum(talk.tips for talk in talks)
        rates = f"{cues['pace_fast'] / hours:.1f} | {cues.total() / hours:.1f} | {tips / hours:.1f}"
        rows.append(f"| {name} | {hours:.1f} | {rates} | {kinds} |")
    print("\n".join(rows))
    if not asked.print:
        write_section(BEGIN, END, "\n".join(rows))


if __name__ == "__main__":
    main()
