"""What a stopped review remembers."""

from __future__ import annotations

import stat
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from martlive_desktop.core.coach.drafting import DraftRequest
from martlive_desktop.core.speech.recogniser import SpeechModel
from martlive_desktop.inference.memo import Memo, RememberingModel, RememberingWriter, memo_key, model_identity
from tests.fakes.speech import LOUD, ChecksumModel, sound
from tests.fakes.writer import InstantWriter

KEYS = [memo_key(number) for number in range(5)]


def reopened(path: Path) -> list[object]:
    memo = Memo(path)
    found = [memo.get(key) for key in KEYS]
    memo.close()
    return found


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A memo with an answer to each of KEYS."""
    path = tmp_path / "unfinished.memo"
    memo = Memo(path)
    for number, key in enumerate(KEYS):
        memo.put(key, ["words\n", number, 0.1 + number, True])
    memo.close()
    return path


def answers(*numbers: int) -> list[object]:
    return [["words\n", number, 0.1 + number, True] if number in numbers else None for number in range(5)]


def test_answers_are_there_for_the_next_process_as_they_were(path: Path) -> None:
    assert reopened(path) == answers(0, 1, 2, 3, 4)


def test_only_this_user_may_read_it(path: Path) -> None:
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("cut", [1, 7, 20])
def test_record_that_was_cut_off_is_dropped_and_those_behind_it_count(path: Path, cut: int) -> None:
    path.write_bytes(path.read_bytes()[:-cut])
    assert reopened(path) == answers(0, 1, 2, 3)
    memo = Memo(path)
    memo.put(KEYS[4], ["words\n", 4, 4.1, True])
    memo.close()
    assert reopened(path) == answers(0, 1, 2, 3, 4)


def test_damaged_record_is_dropped(path: Path) -> None:
    lines = path.read_bytes().split(b"\n")
    lines[3] = lines[3].replace(b"words", b"swords")
    lines[4] = b"\0" * 100
    path.write_bytes(b"\n".join(lines))
    assert reopened(path) == answers(0, 1, 4)


def test_two_writers_share_a_file(path: Path) -> None:
    one, two = Memo(path), Memo(path)
    one.put(memo_key("one"), 1)
    two.put(memo_key("two"), 2)
    one.put(memo_key("three"), 3)
    one.close()
    two.close()
    memo = Memo(path)
    assert [memo.get(memo_key(name)) for name in ("one", "two", "three")] == [1, 2, 3]
    memo.close()


def test_full_disk_forgets_and_does_not_fail(path: Path) -> None:
    resource = pytest.importorskip("resource")
    room, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    memo = Memo(path)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 10, hard))
    try:
        memo.put(memo_key("more"), "x" * 100)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
    memo.put(memo_key("again"), "y")
    memo.close()
    memo = Memo(path)
    assert [memo.get(memo_key(name)) for name in ("more", "again")] == [None, "y"]
    memo.close()


def test_keys_tell_where_one_part_ends_and_the_next_begins() -> None:
    assert memo_key(b"ab", b"c") != memo_key(b"a", b"bc")
    assert memo_key((1, 2), "x") == memo_key((1, 2), "x")


def test_model_with_another_file_is_another_one(tmp_path: Path) -> None:
    (tmp_path / "model.bin").write_bytes(b"one")
    before = model_identity(tmp_path)
    assert model_identity(tmp_path) == before
    (tmp_path / "model.bin").write_bytes(b"longer")
    assert model_identity(tmp_path) != before


PCM = sound((LOUD, 1.3), (0, 0.2))


def ask(model: SpeechModel) -> list[object]:
    return [model.partial(PCM, ()), model.partial(PCM, (0,)), model.final(PCM, (0, 1)), model.detect_language(PCM)]


def test_nothing_is_decoded_twice(tmp_path: Path) -> None:
    class Deaf(ChecksumModel):
        def __init__(self) -> None:
            super().__init__(deaf_to=("partial", "final"), language="zh")

    said = []
    for model in (ChecksumModel(ends="."), Deaf()):
        memo = Memo(tmp_path / "memo")
        remembering = RememberingModel(model, memo, ("base", 1))
        remembering.speak("en")
        said.append(ask(remembering))
        assert model.spoken == ["en"]
        memo.close()
    assert said[0] == said[1]
    assert said[0] == ask(ChecksumModel(ends="."))


@pytest.mark.parametrize(
    ("identity", "language", "pcm"),
    [(("base", 2), "en", PCM), (("base", 1), "zh", PCM), (("base", 1), "en", PCM[1:])],
    ids=["model", "language", "sound"],
)
def test_what_is_asked_otherwise_is_decoded(
    tmp_path: Path, identity: tuple[object, ...], language: str, pcm: NDArray[np.int16]
) -> None:
    finals = []
    for facts, spoken, heard in ((("base", 1), "en", PCM), (identity, language, pcm)):
        model, memo = ChecksumModel(), Memo(tmp_path / "memo")
        remembering = RememberingModel(model, memo, facts)
        remembering.speak(spoken)
        remembering.final(heard, ())
        memo.close()
        finals.append(model.finals)
    assert finals == [1, 1]


def test_language_model_is_asked_nothing_twice(tmp_path: Path) -> None:
    told: list[str] = []
    asked = []
    for _ in range(2):
        memo, writer = Memo(tmp_path / "memo"), InstantWriter("Say the price")
        remembering = RememberingWriter(writer, memo, ("smollm",))
        for prompt in ("one", "two"):
            remembering.ask(DraftRequest("c1", prompt, "{}"), told.append)
        remembering.close()
        memo.close()
        asked.append(len(writer.asked))
    assert asked == [2, 0]
    assert told == ["Say the price"] * 4
