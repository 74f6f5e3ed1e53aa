"""Reviews the scripted shows and scores what MartLive said: `make bench-coach` writes the table into docs/benchmarks.md.

The shows lie beside the project (../shared/shows); each is made into sound and pictures once, then reviewed by the real command.
With `--chat-on-screen` nobody gives the chat: it is read off the pictures.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import platform
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from martlive_desktop.adapters.clock import utc_now_iso
from martlive_desktop.core.coach.catalogue import CATALOGUE

ROOT = Path(__file__).resolve().parents[2]
SHOWS = ROOT.parent / "shared" / "shows"
BUILD = ROOT / "build" / "bench"
TABLE = ROOT / "docs" / "benchmarks.md"
OWN = ROOT / "tests" / "data" / "shows"
END_OF_HISTORY = "<!-- end of history -->"
BEGIN, END = "<!-- shows: made by make bench-coach -->", "<!-- end of shows -->"


@dataclass(frozen=True, slots=True)
class Result:
    """One reviewed show."""

    name: str
    score: dict[str, Any]
    cpu_per_audio: float
    """CPU seconds of all processes for one second of sound."""


def make_shows(scripts: list[Path]) -> list[Path]:
    """The folder of each show, made where it is missing."""
    folders = [BUILD / script.stem for script in scripts]
    for script, folder in zip(scripts, folders, strict=True):
        if (folder / "show.mkv").exists():
            continue
        command = [sys.executable, str(SHOWS / "make_show.py"), str(script), "--out", str(folder)]
        subprocess.run(command, check=True)
        inputs = ["-i", str(folder / "video.mp4"), "-i", str(folder / "audio.wav")]
        joined = ["-c:v", "copy", "-c:a", "flac", str(folder / "show.mkv")]
        subprocess.run(["ffmpeg", "-v", "error", "-y", *inputs, *joined], check=True)
    return folders


def review(folder: Path, *, is_chat_on_screen: bool) -> Result:
    """Review the show in `folder` with the command that users run, and score it."""
    out = folder / "review"
    environment = os.environ | {"MARTLIVE_DATA": str(BUILD / "data"), "OMP_NUM_THREADS": "1"}
    chat = ["--chat", str(folder / "chat.jsonl")]
    if is_chat_on_screen:
        region = json.loads((folder / "layout.json").read_text(encoding="utf-8"))["chat"]
        chat = ["--chat-region", ",".join(str(side) for side in region)]
    inputs = [str(folder / "show.mkv"), "--plan", str(folder / "plan.toml"), *chat]
    command = [sys.executable, "-m", "martlive_desktop", "review", *inputs, "--out", str(out), "--again"]
    process = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"The review of {folder.name} ended with {process.returncode}.")
    gold = json.loads((folder / "gold.json").read_text(encoding="utf-8"))
    gold["cues"] = [cue for cue in gold["cues"] if cue["kind"] in CATALOGUE]
    ours = folder / "gold_of_our_kinds.json"
    ours.write_text(json.dumps(gold), encoding="utf-8")
    seconds = gold["duration_ms"] / 1000
    scored = _scorer().score([(out / "events.jsonl", ours)])
    return Result(folder.name, scored, (usage.ru_utime + usage.ru_stime) / seconds)


def _scorer() -> Any:
    spec = importlib.util.spec_from_file_location("score", SHOWS / "score.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["score"] = module
    spec.loader.exec_module(module)
    return module


def table(results: list[Result], scores: dict[str, dict[str, Any]]) -> str:
    """Markdown for docs/benchmarks.md."""
    head = (
        "| show | cue F1 | hit / false / missed | tip F1 | tips | tip faults | delay p50 / p95 s | WER | CPU s per s |"
    )
    rows = [head, "| --- | --- | --- | --- | --- | --- | --- | --- | --- |"]
    rows += [_row(one.name, one.score, f"{one.cpu_per_audio:.2f}") for one in results]
    rows += [_row(f"all {name}", score, "") for name, score in scores.items()]
    return "\n".join(rows)


def write_section(begin: str, end: str, text: str) -> None:
    """Put `text` between two marks of docs/benchmarks.md."""
    page = TABLE.read_text(encoding="utf-8")
    before, after = page.split(begin)[0], page.split(end)[1]
    TABLE.write_text(f"{before}{begin}\n{text}\n{end}{after}", encoding="utf-8")


def kinds_table(pooled: dict[str, Any]) -> str:
    """What became of each kind, over all shows."""
    rows = ["| kind | hit / false / missed | tips hit / false / missed |", "| --- | --- | --- |"]
    tips = pooled["tips"]["kinds"]
    for kind, found in pooled["cues"]["kinds"].items():
        shown = tips.get(kind)
        counts = f"{shown['tp']} / {shown['fp']} / {shown['fn']}" if shown else "–"
        rows.append(f"| {kind} | {found['tp']} / {found['fp']} / {found['fn']} | {counts} |")
    return "\n".join(rows)


def claims_recall(score: dict[str, Any]) -> str:
    """Recall and false ones of what can cost a seller the account."""
    kinds = [
        score["cues"]["kinds"].get(kind, {"tp": 0, "fp": 0, "fn": 0}) for kind in ("claim_medical", "off_platform")
    ]
    hit, missed = sum(kind["tp"] for kind in kinds), sum(kind["fn"] for kind in kinds)
    return f"{hit} of {hit + missed} | {sum(kind['fp'] for kind in kinds)}"


def history_line(group: str, score: dict[str, Any]) -> str:
    """One line of the history: today's figures and the commit that gave them."""
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    cues, delay = score["cues"]["micro"], score["cues"]["delay_s"]["p95"]
    counts = f"{cues['f1']:.3f} | {cues['tp']} / {cues['fp']} / {cues['fn']}"
    tips = f"{score['tips']['micro']['f1']:.3f} | {score['false_tips_per_hour']}"
    return f"| {utc_now_iso()[:10]} | {commit.stdout.strip()} | {group} | {counts} | {claims_recall(score)} | {delay} | {tips} |\n"


def _row(name: str, score: dict[str, Any], cpu: str) -> str:
    cues, tips, delay = score["cues"]["micro"], score["tips"]["micro"], score["cues"]["delay_s"]
    counts = f"{cues['tp']} / {cues['fp']} / {cues['fn']}"
    faults = sum(score["tip_faults"].values())
    cells = [name, f"{cues['f1']:.3f}", counts, f"{tips['f1']:.3f}", score["tips_shown"], faults]
    cells += [f"{delay['p50']} / {delay['p95']}", f"{score['wer']:.3f}", cpu]
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def main() -> None:
    """Make, review and score."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument(
        "scripts", nargs="*", type=Path, help="show scripts (default: the development shows and our own)"
    )
    parser.add_argument("--print", action="store_true", help="only print; leave docs/benchmarks.md as it is")
    parser.add_argument("--chat-on-screen", action="store_true", help="read the chat off the pictures; only prints")
    parser.add_argument("--jobs", type=int, default=2, help="reviews at a time")
    asked = parser.parse_args()
    scripts = asked.scripts or [*sorted(SHOWS.glob("dev/*.json")), *sorted(OWN.glob("*.json"))]
    if not scripts:
        raise SystemExit(f"No scripted shows in {SHOWS}; name some, or put them there.")
    folders = make_shows(scripts)
    with ThreadPoolExecutor(asked.jobs) as pool:
        results = list(pool.map(partial(review, is_chat_on_screen=asked.chat_on_screen), folders))
    groups: dict[str, list[Path]] = {}
    for script, folder in zip(scripts, folders, strict=True):
        groups.setdefault("own" if script.resolve().is_relative_to(OWN) else "development", []).append(folder)
    scores = {name: _pooled(members) for name, members in groups.items()}
    everything = _pooled(folders)
    text = f"{table(results, scores)}\n\n{kinds_table(everything)}"
    lines = "".join(history_line(name, score) for name, score in scores.items())
    faults = [
        f"- {what}: {line}" for name in ("cues",) for what in ("false", "missed") for line in everything[name][what]
    ]
    print(f"{text}\n\n{lines}\n" + "\n".join(faults))
    if not asked.print and not asked.chat_on_screen:
        machine = (
            f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}"
        )
        write_section(
            BEGIN,
            END,
            f"{machine}.\n\n{text}\n\nFalse and missed cues, by show, kind and second:\n\n" + "\n".join(faults),
        )
        page = TABLE.read_text(encoding="utf-8")
        TABLE.write_text(page.replace(END_OF_HISTORY, lines + END_OF_HISTORY), encoding="utf-8")


def _pooled(folders: list[Path]) -> dict[str, Any]:
    pairs = [(folder / "review" / "events.jsonl", folder / "gold_of_our_kinds.json") for folder in folders]
    scored: dict[str, Any] = _scorer().score(pairs)
    return scored


if __name__ == "__main__":
    main()
