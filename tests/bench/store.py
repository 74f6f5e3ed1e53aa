"""Measures the store of past shows: `make bench-store` (a quarter of an hour, 2 GB of disk; ARGS=--quick: two minutes).

A process that records is killed at random moments; words are looked for in 500 shows of an hour; all of them are erased.
ARGS=kills or search measures that alone.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import platform
import random
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from martlive_desktop.adapters.session_zip import SessionFile
from martlive_desktop.adapters.store_file import connect
from martlive_desktop.adapters.store_search import make_words
from martlive_desktop.adapters.store_sqlite import SqliteStore
from martlive_desktop.core.events import SessionStarted, Signal, Transcript, Word

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from martlive_desktop.core.events import LogEvent

ROOT = Path(__file__).resolve().parents[2]
SEED = 20_261_128
LANES = 4
"""Processes that record at once, each into a folder of its own."""

LONGEST_S = 2.5
"""After the show began; what is written is written four times a second, so that this has every moment of it."""

WORDS_AN_HOUR, WORDS_OF_A_FINAL = 9_000, 10
VOCABULARY = 20_000
DISTINCT = ("zyzzogeton", "qwijibo")
"""Words that are said in one show, to look for them in the raw files."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    what: str
    seen: str
    bound: str
    is_kept: bool


@dataclass(frozen=True, slots=True)
class Kill:
    """What one kill left."""

    appended: int
    kept: int
    lost_s: float
    """Age of the oldest event that was lost; 0: none was."""
    is_whole: bool
    """SQLite finds nothing wrong, and what is kept is in order, without gaps, and can be found by its words."""


def kill_once(folder: Path, after_s: float) -> Kill:
    """Record into `folder` and kill that `after_s` after the show began."""
    command = [sys.executable, "-m", "tests.desktop.store_app", str(folder), "large"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        session_id = process.stdout.readline().strip()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(after_s)
        killed_s = time.monotonic()
        process.kill()
        lines = [line.split() for line in process.stdout.read().splitlines(keepends=True) if line.endswith("\n")]
    said = {int(number): float(at_s) for number, at_s in lines}
    store = SqliteStore(folder)
    with contextlib.closing(sqlite3.connect(store.path)) as db:
        is_sound = db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        db.execute("INSERT INTO words (words) VALUES ('integrity-check')")
    kept = [event.utterance for event in store.read(session_id).events if isinstance(event, Transcript)]
    is_found = not kept or session_id in store.sessions_with(f"final {kept[-1]}")
    lost_s = max((killed_s - at_s for number, at_s in said.items() if number not in set(kept)), default=0.0)
    is_told = store.summary(session_id).is_cut_off and store.recovered is None
    return Kill(len(said), len(kept), lost_s, is_sound and is_found and is_told and kept == list(range(len(kept))))


def kill_often(folder: Path, count: int, seed: int, longest_s: float) -> list[Kill]:
    """`count` kills at moments that `seed` chooses."""
    chance = random.Random(seed)
    moments = [chance.uniform(0, longest_s) for _ in range(count)]
    lanes = [folder / str(lane) for lane in range(LANES)]
    with ThreadPoolExecutor(LANES) as pool:
        found = pool.map(
            lambda lane: [kill_once(lanes[lane], after_s) for after_s in moments[lane::LANES]], range(LANES)
        )
        return [kill for lane in found for kill in lane]


def kills(asked: argparse.Namespace, folder: Path) -> Iterator[Row]:
    found = kill_often(folder, asked.kills, SEED, LONGEST_S)
    lost = [kill.lost_s for kill in found]
    whole = sum(kill.is_whole for kill in found)
    yield Row(
        f"recording process killed with SIGKILL at {len(found)} random moments in its first {LONGEST_S} s, 20 events a second",
        f"{whole} opened whole; of {sum(kill.appended for kill in found):,} events {sum(kill.kept for kill in found):,} "
        f"kept; lost at most {max(lost):.2f} s, median {statistics.median(lost):.2f} s",
        "all whole, 1 s",
        is_kept=whole == len(found) and max(lost) <= 1,
    )


def vocabulary(chance: np.random.Generator) -> list[str]:
    """Words that can be spoken, the commonest first and short."""
    syllables = [
        first + vowel + last for first in "bdfghklmnprstvwz" for vowel in "aeiou" for last in ("", "n", "r", "s")
    ]
    words: dict[str, None] = {}
    while len(words) < VOCABULARY:
        parts = 1 + int(len(words) > 100) + int(chance.integers(0, 3) > 1) + int(len(words) > 5_000)
        words.setdefault("".join(chance.choice(syllables, parts)))
    return list(words)


def hour(texts: Sequence[str], number: int) -> SessionFile:
    """A show of an hour: `texts`, spread over it, and a signal each second."""
    events: list[LogEvent] = [SessionStarted(0, "0.2.0", "selling", "microphone", ("whisper-base",), "d1")]
    step_ms = 3_600_000 // len(texts)
    for index, text in enumerate(texts):
        at_ms = index * step_ms
        words = tuple(Word(word, at_ms + 300 * n, at_ms + 300 * n + 280, 0.91) for n, word in enumerate(text.split()))
        events.append(Transcript(at_ms + step_ms, True, index, text, words, emitted_ms=at_ms + step_ms))
        seconds = range(at_ms // 1_000, (at_ms + step_ms) // 1_000)
        events += [Signal(second * 1_000, "level", -22.5, "dbfs", emitted_ms=second * 1_000) for second in seconds]
    day = f"{2020 + number // 336}{number // 28 % 12 + 1:02}{number % 28 + 1:02}"
    return SessionFile(
        path=Path(),
        id=f"{day}-200000-abc",
        title=f"Show {number}",
        started_at=f"{day[:4]}-{day[4:6]}-{day[6:]}T20:00:00Z",
        tags=(),
        notes="",
        events=tuple(events),
        skipped=0,
    )


def queries(words: Sequence[str], chance: random.Random) -> list[str]:
    """A hundred: the commonest words, any words, two at once, beginnings, and what nobody said."""
    common, rarer = words[:20], [words[int(VOCABULARY ** chance.random())] for _ in range(20)]
    pairs = [" ".join(chance.sample(words[:30], 2)) for _ in range(20)]
    mixed = [f"{chance.choice(words[:30])} {words[int(VOCABULARY ** chance.random())]}" for _ in range(20)]
    beginnings = [chance.choice(words[:2_000])[: chance.randint(1, 3)] for _ in range(15)]
    return [*common, *rarer, *pairs, *mixed, *beginnings, *DISTINCT, "xx", "保温", f"{words[0]} xx"]


def search(asked: argparse.Namespace, folder: Path) -> Iterator[Row]:
    chance = np.random.default_rng(SEED)
    words = vocabulary(chance)
    shares = 1 / np.arange(1, VOCABULARY + 1)
    store = SqliteStore(folder)
    for number in range(asked.sessions):
        said = [words[index] for index in chance.choice(VOCABULARY, WORDS_AN_HOUR, p=shares / shares.sum())]
        texts = [" ".join(said[at : at + WORDS_OF_A_FINAL]) for at in range(0, WORDS_AN_HOUR, WORDS_OF_A_FINAL)]
        if number == asked.sessions // 2:
            texts[5] = " ".join(DISTINCT)
        store.import_session(hour(texts, number))
    size = store.size()
    what = f"{size.sessions} shows of an hour ({size.sessions * WORDS_AN_HOUR:,} words, {size.bytes / 1e6:.0f} MB)"
    took_ms: dict[str, float] = {}
    for query in queries(words, random.Random(SEED)):
        began_s = time.perf_counter()
        store.search(query)
        took_ms[query] = (time.perf_counter() - began_s) * 1_000
    values = list(took_ms.values())
    slowest = max(took_ms, key=lambda query: took_ms[query])
    found = store.search(slowest)
    yield Row(
        f"{len(values)} different searches in {what}",
        f"p50 {statistics.median(values):.0f}, p95 {np.percentile(values, 95):.0f}, most {max(values):.0f} ms "
        f"({len(slowest.split())} of the commonest words, {len(found.hits) + found.more:,} found)",
        "100 ms",
        is_kept=max(values) <= 100,
    )
    began_s = time.perf_counter()
    for _ in range(5):
        store.sessions_with(words[0])
    yield Row(
        "all shows that have the commonest word, for the list",
        f"{(time.perf_counter() - began_s) * 200:.0f} ms",
        "",
        True,
    )
    with contextlib.closing(connect(store.path)) as db:
        began_s = time.perf_counter()
        with db:
            db.execute("BEGIN IMMEDIATE")
            make_words(db)
        made_s = time.perf_counter() - began_s
    yield Row("the search made anew, as for a file of the version before", f"{made_s:.0f} s", "", is_kept=True)
    began_s = time.perf_counter()
    store.delete(store.list_sessions()[0].id)
    yield Row("one show deleted, no word left", f"{time.perf_counter() - began_s:.1f} s", "", is_kept=True)
    began_s = time.perf_counter()
    store.erase_all()
    erased_s = time.perf_counter() - began_s
    raw = b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file())
    left = [word for word in (*DISTINCT, words[0], words[5_000], "Show") if word.encode() in raw]
    yield Row(
        "everything erased",
        f"{erased_s:.1f} s; {len(raw) / 1e3:.0f} KB are left, {len(left)} words of any show in them",
        "no word",
        is_kept=not left,
    )


PARTS: dict[str, Callable[[argparse.Namespace, Path], Iterator[Row]]] = {"kills": kills, "search": search}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="what is measured; without any, everything")
    parser.add_argument("--quick", action="store_true", help="20 kills and 50 shows")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--sessions", type=int, default=500)
    asked = parser.parse_args()
    if asked.quick:
        asked.kills, asked.sessions = 20, 50
    print(f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, SQLite {sqlite3.sqlite_version}.\n")
    print("| what | seen | bound |\n| --- | --- | --- |", flush=True)
    is_kept = True
    for name in asked.parts or PARTS:
        with tempfile.TemporaryDirectory(prefix="store-") as folder:
            for row in PARTS[name](asked, Path(folder)):
                mark = "" if row.is_kept else " **missed**"
                print(f"| {row.what} | {row.seen} | {row.bound}{mark} |", flush=True)
                is_kept = is_kept and row.is_kept
    return 0 if is_kept else 1


if __name__ == "__main__":
    raise SystemExit(main())
