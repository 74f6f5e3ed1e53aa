"""Every input that is kept, through its parser again; and a moment of new ones."""

from __future__ import annotations

import logging
from random import Random
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.__main__ import CORPUS, corpus_of
from tests.fuzz.engine import Growth, Hang, Watch, covered, mutated, worth_keeping
from tests.fuzz.seeds import SEEDS
from tests.fuzz.targets import MOST_BYTES, TARGETS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.timeout(60)

MOST_CORPUS_BYTES = 500_000


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """Hundreds of warnings of damage that is meant; OpenCV and libpng write theirs past the log."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.parametrize("name", TARGETS)
def test_kept_inputs_do_no_harm(name: str, tmp_path: Path) -> None:
    kept = corpus_of(name)
    assert kept
    with TARGETS[name].open(tmp_path) as call:
        watch = Watch(call)
        for path in kept:
            watch.run(path.read_bytes())


@pytest.mark.parametrize("name", TARGETS)
def test_new_inputs_do_no_harm(name: str, tmp_path: Path) -> None:
    pool = [path.read_bytes() for path in corpus_of(name)]
    inputs = st.one_of(
        st.binary(max_size=200),
        st.text(max_size=100).map(lambda text: text.encode("utf-8", "surrogatepass")),
        st.tuples(st.sampled_from(pool), st.sampled_from(pool), st.integers(0, 2**32)).map(
            lambda parts: mutated(parts[0], parts[1], Random(parts[2]))
        ),
    )
    with TARGETS[name].open(tmp_path) as call:

        @settings(
            max_examples=25, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
        )
        @given(inputs)
        def harmless(data: bytes) -> None:
            call(data)

        harmless()


def test_corpus_is_small_and_each_target_has_seeds() -> None:
    assert SEEDS.keys() == TARGETS.keys() == {folder.name for folder in CORPUS.iterdir()}
    assert sum(path.stat().st_size for path in CORPUS.rglob("*") if path.is_file()) <= MOST_CORPUS_BYTES


def test_crash_hang_and_growth_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    held: list[object] = []

    def crash(data: bytes) -> None:
        raise KeyError(data)

    with pytest.raises(KeyError):
        Watch(crash).run(b"x")
    monkeypatch.setattr("tests.fuzz.engine.HANG_S", 0.0)
    with pytest.raises(Hang):
        Watch(held.extend).run(b"x")
    monkeypatch.setattr("tests.fuzz.engine.HANG_S", 60.0)
    monkeypatch.setattr("tests.fuzz.engine.WARM", 1)
    monkeypatch.setattr("tests.fuzz.engine.MOST_GROWTH_BYTES", 1_000_000)
    # Larger than what malloc ever takes out of memory that was freed before: 32 MiB, mallopt(3), M_MMAP_THRESHOLD.
    watch = Watch(lambda data: held.append(bytearray(b"x" * 80_000_000)))
    watch.run(b"x")
    with pytest.raises(Growth):
        watch.run(b"x")


def test_input_is_kept_where_it_reaches_what_no_smaller_one_does(tmp_path: Path) -> None:
    with TARGETS["hotkeys"].open(tmp_path) as call:
        assert covered(call, b"ctrl+alt+m") - covered(call, b"m")
        assert worth_keeping(call, [b"ctrl+alt+mm", b"m", b"n", b"ctrl+alt+m"]) == [b"m", b"ctrl+alt+m"]


def test_mutations_of_a_seed_are_the_same_again() -> None:
    first, second = ([mutated(b'{"a": 1}\n{"b": [2]}', b"other", Random(seed)) for seed in range(50)] for _ in "ab")
    assert first == second
    assert len(set(first)) > 25
    assert max(map(len, first)) <= MOST_BYTES
