"""Fuzzes: guided by coverage with atheris where that is installed, else by mutations of the kept corpus."""

from __future__ import annotations

import argparse
import hashlib
import importlib
import importlib.util
import logging
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

CORPUS = Path(__file__).with_name("corpus")
ROOT = Path(__file__).parents[2]
FOUND = ROOT / "build" / "fuzz"
"""Where inputs lie that break something."""

LARGEST_KEPT = 3_000
"""Bytes of an input that is kept, but for seeds."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help="all of them where none is named")
    parser.add_argument("--minutes", type=float, default=1.0, help="for each target")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seeds", action="store_true", help="write the seeds of the corpus anew, and fuzz nothing")
    parser.add_argument("--without-atheris", action="store_true", help="mutations alone")
    parser.add_argument("--keep", action="store_true", help="add what reaches something new to the corpus")
    parser.add_argument("--in-atheris", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    # The program warns of every damage that is meant here.
    logging.disable(logging.CRITICAL)
    if asked.in_atheris:
        _in_atheris(asked.targets[0], Path(asked.in_atheris), asked.minutes * 60, asked.seed)
    from tests.fuzz.targets import TARGETS

    if asked.seeds:
        from tests.fuzz.seeds import SEEDS

        for name, seeds in SEEDS.items():
            _keep(name, seeds())
        return 0
    if unknown := set(asked.targets) - TARGETS.keys():
        parser.error(f"no target {', '.join(sorted(unknown))}; they are {', '.join(TARGETS)}")
    has_atheris = importlib.util.find_spec("atheris") is not None and not asked.without_atheris
    run = _with_atheris if has_atheris else _with_mutations
    is_fine = [run(name, asked.minutes * 60, asked.seed, keeps=asked.keep) for name in asked.targets or TARGETS]
    return 0 if all(is_fine) else 1


def corpus_of(name: str) -> list[Path]:
    """The kept inputs of a target."""
    return sorted((CORPUS / name).glob("*"))


def _keep(name: str, inputs: Iterable[bytes]) -> int:
    folder = CORPUS / name
    folder.mkdir(parents=True, exist_ok=True)
    added = 0
    for data in inputs:
        path = folder / hashlib.sha256(data).hexdigest()[:16]
        added += not path.exists()
        path.write_bytes(data)
    return added


def _keep_new(name: str, inputs: Sequence[bytes]) -> int:
    """Keep of `inputs` what the corpus does not reach yet."""
    from tests.fuzz.engine import covered, worth_keeping
    from tests.fuzz.targets import TARGETS

    with tempfile.TemporaryDirectory() as folder, TARGETS[name].open(Path(folder)) as call:
        reached = frozenset[object]().union(*(covered(call, path.read_bytes()) for path in corpus_of(name)))
        small = [data for data in inputs if len(data) <= LARGEST_KEPT and not covered(call, data) <= reached]
        return _keep(name, worth_keeping(call, small))


def _with_mutations(name: str, seconds: float, seed: int, *, keeps: bool) -> bool:
    from tests.fuzz.engine import Watch, fuzz
    from tests.fuzz.targets import TARGETS

    with tempfile.TemporaryDirectory() as folder, TARGETS[name].open(Path(folder)) as call:
        watch = Watch(call)
        found = fuzz(watch, call, [path.read_bytes() for path in corpus_of(name)], seconds, Random(seed))
    added = _keep_new(name, found) if keeps else 0
    _say(name, watch.executions, seconds, added, f"slowest {watch.slowest_s:.2f} s, grown {watch.grown_bytes >> 20} MB")
    return True


def _with_atheris(name: str, seconds: float, seed: int, *, keeps: bool) -> bool:
    """In a process of its own, which libFuzzer ends."""
    FOUND.mkdir(parents=True, exist_ok=True)
    begin_s = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        asked = (sys.executable, "-m", "tests.fuzz", name, "--in-atheris", folder)
        run = subprocess.run(
            (*asked, "--minutes", str(seconds / 60), "--seed", str(seed)),
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        output = run.stdout.decode(errors="replace")
        found = [path.read_bytes() for path in Path(folder, "found").glob("*")]
        added = _keep_new(name, found) if keeps else 0
    executions, peak_mb = (
        int(told[1]) if (told := re.search(rf"stat::{stat}:\s+(\d+)", output)) else 0
        for stat in ("number_of_executed_units", "peak_rss_mb")
    )
    _say(name, executions, time.monotonic() - begin_s, added, f"peak {peak_mb} MB")
    if run.returncode:
        # What libFuzzer tells of its progress begins with a #.
        sys.stdout.write("\n".join(line for line in output.splitlines()[-80:] if not line.startswith("#")) + "\n")
    return run.returncode == 0


def _in_atheris(name: str, work: Path, seconds: float, seed: int) -> None:
    """Never comes back."""
    # Not in the types that mypy knows, and not installed where nobody fuzzes.
    atheris = importlib.import_module("atheris")

    with atheris.instrument_imports(include=["martlive_desktop"]):
        from tests.fuzz.engine import Watch, mutated
        from tests.fuzz.targets import MOST_BYTES, TARGETS

    own, found = work / "own", work / "found"
    own.mkdir()
    found.mkdir()
    kept = [path.read_bytes() for path in corpus_of(name)] or [b""]

    def change(data: bytes, most_bytes: int, seed: int) -> bytes:
        random = Random(seed)
        if random.random() < 0.5:
            return bytes(atheris.Mutate(data, most_bytes))
        return mutated(data, random.choice(kept), random)[:most_bytes]

    options = (
        f"-max_total_time={round(seconds)}",
        f"-seed={seed}",
        f"-max_len={MOST_BYTES}",
        "-timeout=20",
        "-rss_limit_mb=2048",
        "-print_final_stats=1",
        f"-artifact_prefix={FOUND}/{name}-",
    )
    CORPUS.joinpath(name).mkdir(parents=True, exist_ok=True)
    with TARGETS[name].open(own) as call:
        watch = Watch(call)
        atheris.Setup([sys.argv[0], *options, str(found), str(CORPUS / name)], watch.run, custom_mutator=change)
        atheris.Fuzz()
    os._exit(0)


def _say(name: str, executions: int, seconds: float, added: int, more: str) -> None:
    sys.stdout.write(f"{name}: {executions} inputs in {seconds:.0f} s, {added} kept, {more}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main())
