"""`martlive update`: what is new, fetched when the user says so, and the way back."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from martlive_desktop.updating import Answer


def add_update(one: argparse.ArgumentParser) -> None:
    """What it takes."""
    what = one.add_mutually_exclusive_group()
    what.add_argument("--check", action="store_true", help="only say what is new")
    what.add_argument("--back", action="store_true", help="return to the version from before")
    what.add_argument("--yes", action="store_true", help="do not ask")
    one.add_argument("--json", action="store_true", help="with --check, for scripts")


def run_update(asked: argparse.Namespace) -> int:
    """Ask for a newer version, and fetch it."""
    from martlive_desktop.updating import updates

    found = updates()
    if news := found.take_news():
        print(f"martlive: {news}", file=sys.stderr)
    if asked.back:
        print(found.back())
        return 0
    answer = found.check()
    if asked.json:
        print(json.dumps(dataclasses.asdict(answer), ensure_ascii=False))
        return 0
    _tell(answer)
    if asked.check or not answer.is_new:
        return 0
    if not asked.yes and input("Fetch it now? Type yes: ").strip().lower() != "yes":
        print("Nothing was changed")
        return 0
    print(found.fetch(_show).sentence)
    return 0


def _tell(answer: Answer) -> None:
    print(answer.sentence)
    if answer.must:
        print(f"MartLive {answer.running} should not be used any more.")
    if answer.is_new and answer.notes:
        print(f"New: {answer.notes}")


def _show(done: int, whole: int) -> None:
    """Progress in place, where a terminal shows it."""
    if sys.stdout.isatty():
        end = "\n" if done >= whole else ""
        print(f"\r{done / 1e6:7.1f} of {whole / 1e6:.1f} MB", end=end, flush=True)
