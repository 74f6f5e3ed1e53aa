"""What the language model adds, and what it costs when it goes wrong: `make bench-writer` writes docs/benchmarks.md.

The scripted shows are heard once by the real recogniser; each is then reviewed with the rules alone, with the model, and
with a model that is killed again and again, hangs, or answers garbage.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import os
import pickle
import random
import signal
import threading
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from martlive_desktop.adapters.chat_file import ChatFile
from martlive_desktop.adapters.language_packs import load_lexicon
from martlive_desktop.adapters.media_file import MediaFile
from martlive_desktop.adapters.plan_file import read_plan
from martlive_desktop.adapters.tip_packs import load_templates
from martlive_desktop.coaching import build_session, start_local_writer
from martlive_desktop.core.coach.drafting import Drafter
from martlive_desktop.core.events import Chat, Cue, Status, Tip, Transcript, Voice
from martlive_desktop.core.plan import ShowPlan
from martlive_desktop.core.summary import summary
from martlive_desktop.hearing import start_recogniser
from martlive_desktop.inference.llama import WriterConfig
from martlive_desktop.inference.writer import SupervisedWriter
from martlive_desktop.live_show import session_started
from martlive_desktop.pipeline.review import Review
from martlive_desktop.places import model_store
from martlive_desktop.settings import Settings
from tests.bench.coach import ROOT, SHOWS, make_shows, write_section
from tests.fakes import writer as children

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from martlive_desktop.core.coach.drafting import DraftRequest
    from martlive_desktop.core.events import LogEvent
    from martlive_desktop.inference.supervisor import SupervisedRecogniser

BEGIN, END = "<!-- writer: made by make bench-writer -->", "<!-- end of writer -->"
MODEL = "smollm2-135m"
PAIRS = 30
KILL_EVERY_S = 1.0
"""A review runs more than ten times as fast as a show."""

MORE_QUESTIONS = (
    "three kids and a dog in this house so easy to wash off the walls?",
    "watching from a train with bad signal so just the price again?",
    "bought the candle in june and burned it every night refill soon?",
    "two of the small ones for my mum and one big for me discount?",
    "that green dress from the start of the show in a petite?",
    "my skin goes red from almost everything perfume in that cream?",
    "the second one from the left with the gold rim microwave ok?",
    "living on the third floor with a very narrow staircase delivery upstairs?",
    "lost the charger on holiday last year spare ones to buy?",
    "thirty guests at our wedding in may enough time to order?",
    "payed with the wrong card a minute ago possible to change it?",
    "big fan since the very first stream new mugs before christmas?",
    "the sage one next to your coffee cup real leather or not?",
    "hands always cold in winter warmer than the ones from last week?",
    "my daughter turns six on saturday too young for that kit?",
    "code from your newsletter on top of the sale price ok?",
    "heavy rain here all year round good outside on a balcony?",
    "the lid on mine cracked after one wash new lid possible?",
    "between the oat and the sand for a dark living room floor?",
    "pregnant in the fifth month and a bit careful these oils fine?",
    "long curly hair down to my hips one bottle enough for a month?",
    "ordered the medium and it is tight on the arms swap for large?",
    "small kitchen with only one socket by the window cable length?",
    "the blue on my phone looks more like purple true colour?",
    "grandad with very big feet slippers over size 47?",
    "shipping to a small island off the coast of scotland extra?",
    "our cat eats every plant in the flat this fern poisonous?",
    "saw a cheaper one at the market on sunday difference to yours?",
    "those earrings you put on after the break nickel in them?",
    "gluten and dairy make me sick for days any in those bars?",
    "students with almost no money left this month payment in two parts?",
    "the notebook with the owl on the front lined or blank?",
    "first time here and a little shy free samples with an order?",
    "new puppy chews on all of the furniture legs wood treated with anything?",
)
"""Lines without question words for the side-by-side, written before the rules or the model saw any."""


@dataclass
class Asked:
    """What a model was asked in the shows."""

    outcomes: Counter[str] = field(default_factory=Counter)
    examples: list[tuple[str, str, str]] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def summary(self) -> str:
        """Outcomes and times in a line."""
        seconds = sorted(self.seconds)
        outcomes = ", ".join(f"{name} {count}" for name, count in self.outcomes.most_common())
        p50, p95 = seconds[len(seconds) // 2], seconds[int(0.95 * len(seconds))]
        return f"{outcomes} of {len(seconds)}; answers after {p50:.2f} s (median) and {p95:.2f} s (p95)"

    def table(self) -> list[str]:
        """A few examples."""
        return [
            "| asked | what the model made of it | |",
            "| --- | --- | --- |",
            *(f"| {asked} | {made} | {how} |" for asked, made, how in self.examples[:8]),
        ]


class Remembered:
    """A recogniser that says again what it said before."""

    def __init__(self, said: list[Voice | Transcript | Status]) -> None:
        self._said = said

    def feed(self, chunk: object) -> None:
        pass

    def finish(self) -> None:
        pass

    def results(self) -> Iterator[Voice | Transcript | Status]:
        yield from self._said

    def close(self) -> None:
        pass


def hear(folder: Path) -> list[Voice | Transcript | Status]:
    """What the recogniser makes of the show in `folder`; kept for the next time."""
    kept = folder / "heard.pickle"
    if not kept.exists():
        settings, plan = Settings(), read_plan(folder / "plan.toml")
        with contextlib.closing(start_recogniser(settings, plan, settings.recogniser.model, is_live=False)) as one:
            feeder = threading.Thread(target=_feed, args=(one, folder))
            feeder.start()
            said = list(one.results())
            feeder.join()
        kept.write_bytes(pickle.dumps(said))
    remembered: list[Voice | Transcript | Status] = pickle.loads(kept.read_bytes())
    return remembered


def _feed(recogniser: SupervisedRecogniser, folder: Path) -> None:
    for chunk in MediaFile(folder / "audio.wav").read():
        if not isinstance(chunk, Status):
            recogniser.feed(chunk)
    recogniser.finish()


def review(folder: Path, writer: tuple[Drafter, SupervisedWriter] | None) -> list[LogEvent]:
    """The events of a show."""
    plan = read_plan(folder / "plan.toml")
    events: list[LogEvent] = []
    session = build_session(plan, Settings())
    chat = ChatFile(folder / "chat.jsonl").read()
    show = Review(session, MediaFile(folder / "audio.wav"), Remembered(hear(folder)), chat, (events.append,), writer)
    show.run(session_started(plan, Settings(), "show", "remembered"))
    return events


def drafter() -> Drafter:
    """What the small model is asked."""
    settings = Settings()
    local = settings.model_copy(update={"coach": settings.coach.model_copy(update={"writer": "local"})})
    made = start_local_writer(local, ShowPlan())
    assert made is not None
    made[1].close()
    return made[0]


@contextlib.contextmanager
def killed(writer: SupervisedWriter) -> Iterator[None]:
    """End the writer's process every second."""
    over = threading.Event()

    def kill() -> None:
        while not over.wait(KILL_EVERY_S):
            with contextlib.suppress(ValueError, ProcessLookupError):
                if pid := writer.pid:
                    os.kill(pid, signal.SIGKILL)

    thread = threading.Thread(target=kill)
    thread.start()
    yield
    over.set()
    thread.join()


def faults_table(folders: list[Path], config: WriterConfig, one: Drafter) -> list[str]:
    """Every way to go wrong beside the rules alone."""
    alone = {folder: review(folder, None) for folder in folders}
    ways: list[tuple[str, dict[str, object], bool]] = [
        ("works", {}, False),
        ("is killed again and again", {}, True),
        ("hangs", {"target": children.hangs, "deadline_s": 0.2}, False),
        ("answers garbage", {"target": children.garbage}, False),
        ("babbles megabytes", {"target": children.babbles}, False),
    ]
    rows = [
        "| the model | same cues | tips shown | latest tip, s after the rules' own | starts of the process |",
        "| --- | --- | --- | --- | --- |",
    ]
    for name, how, is_killed in ways:
        same, shown, due, latest_ms = True, 0, 0, 0
        with contextlib.closing(SupervisedWriter(config, **how)) as writer:  # type: ignore[arg-type]
            writer.wait_until_ready(30.0)
            with killed(writer) if is_killed else contextlib.nullcontext():
                for folder in folders:
                    events = review(folder, (one, writer))
                    same &= _cues(events) == _cues(alone[folder])
                    tips, expected = _tips(events), _tips(alone[folder])
                    due += len(expected)
                    shown += sum(cue in tips for cue in expected)
                    latest_ms = max([latest_ms, *(tips[cue] - at_ms for cue, at_ms in expected.items() if cue in tips)])
            starts = writer.starts
        rows.append(f"| {name} | {'yes' if same else 'no'} | {shown} of {due} | {latest_ms / 1000:.1f} | {starts} |")
        print(rows[-1], flush=True)
    return rows


def _cues(events: list[LogEvent]) -> list[tuple[int, str]]:
    return [(event.at_ms, event.kind) for event in events if isinstance(event, Cue)]


def _tips(events: list[LogEvent]) -> dict[str, int]:
    return {event.cue: event.at_ms for event in events if isinstance(event, Tip)}


def worded(folders: list[Path]) -> list[Cue]:
    """The cues of the shows that became tips."""
    found = list[Cue]()
    for folder in folders:
        events = review(folder, None)
        shown = _tips(events)
        found += [
            replace(event, id=f"{folder.name}-{event.id}")
            for event in events
            if isinstance(event, Cue) and event.id in shown
        ]
    return found


def questions(folders: list[Path], one: Drafter) -> list[Cue]:
    """Every question of the shows' chats, and some more, as the cue that it would become."""
    lexicon = load_lexicon("en")
    lines = [
        line
        for folder in folders
        for line in ChatFile(folder / "chat.jsonl").read()
        if "?" in line.text and len(line.text) > 12
    ]
    lines += [
        Chat(0, name, text, "bench")
        for name, text in zip(itertools.cycle(("Rosa", "Ben", "Ida")), MORE_QUESTIONS, strict=False)
    ]
    cues = [
        Cue(
            0,
            "chat_unanswered",
            0.8,
            (),
            (("viewer", line.user), ("question", summary(line.text, lexicon, line.user)), ("asked", line.text)),
            f"c{number}",
        )
        for number, line in enumerate(lines)
    ]
    return [cue for cue in cues if one.request(cue)]


def ask_all(cues: list[Cue], writer: SupervisedWriter, one: Drafter) -> tuple[Asked, list[tuple[str, str, str]]]:
    """Ask for every cue; give what came, and the line, the rules' tip and the model's."""
    asked, pairs = Asked(), list[tuple[str, str, str]]()
    templates = load_templates("en")
    for cue in cues:
        request = one.request(cue)
        assert request is not None
        began_s = time.monotonic()
        answer = _ask(writer, request)
        asked.seconds.append(time.monotonic() - began_s)
        text, why = one.judge(cue, answer) if answer else ("", "too late")
        line = dict(cue.slots).get("asked", templates.write(cue))
        asked.outcomes["accepted" if text else f"refused: {why}" if answer else "too late"] += 1
        asked.examples.append((line, text or answer or "–", "accepted" if text else why))
        pairs.append((line, templates.write(cue), text or templates.write(cue)))
    return asked, pairs


def _ask(writer: SupervisedWriter, request: DraftRequest) -> str:
    said: list[str] = []
    done = threading.Event()

    def tell(answer: str) -> None:
        said.append(answer)
        done.set()

    writer.ask(request, tell)
    done.wait(10.0)
    return said[0] if said else ""


def main() -> None:
    """Compare."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--print", action="store_true", help="only print; leave docs/benchmarks.md as it is")
    asked = parser.parse_args()
    dev = make_shows(sorted(SHOWS.glob("dev/*.json")))
    folders = [*dev, *make_shows(sorted((ROOT / "tests/data/shows").glob("*.json")))]
    one = drafter()
    whole = replace(one, skill="rephrase")
    folder = model_store().resolve(MODEL)
    config = WriterConfig(next(folder.glob("*.gguf")))
    with contextlib.closing(SupervisedWriter(config)) as writer:
        writer.wait_until_ready(30.0)
        result, pairs = ask_all(questions(folders, one), writer, one)
        beyond, _ = ask_all(worded(dev), writer, whole)
    text = [
        f"{MODEL}, one thread, picks where a viewer's question starts: {result.summary()}.",
        "",
        *result.table(),
        "",
        f"Asked to word whole tips of the four shows, which it is not in a show: {beyond.summary()}.",
        "",
        *beyond.table(),
        "",
        "So asked for every tip of the four shows, and going wrong on top:",
        "",
        *faults_table(dev, config, whole),
        "",
        "The side-by-side, A and B in an order by chance:",
        "",
        "| | line | A | B |",
        "| --- | --- | --- | --- |",
    ]
    chance, key = random.Random(135), ""
    for number, (line, rules, model) in enumerate(pairs[:PAIRS], 1):
        is_swapped = chance.random() < 0.5
        key += "A" if is_swapped else "B"
        text.append(f"| {number} | {line} | {model if is_swapped else rules} | {rules if is_swapped else model} |")
    text += ["", f"The model's is, from 1 on: {key}."]
    print("\n".join(text))
    if not asked.print:
        write_section(BEGIN, END, "\n".join(text))


if __name__ == "__main__":
    main()
