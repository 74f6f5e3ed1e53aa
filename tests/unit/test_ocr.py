"""Rows are read once, and the process that reads them may die, hang or babble."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from martlive_desktop.core.chat_panel import Reading, TextRow
from martlive_desktop.inference import ocr
from martlive_desktop.inference.ocr import ReaderConfig, RowReader, SupervisedReader
from tests.fakes import reader as children

Pixels = NDArray[np.uint8]

FONT = cv2.FontFace("sans")
GROUND, INK, NAME = (28, 24, 24), (235, 235, 235), (120, 200, 255)
WAIT_S = 30.0


def panel(*lines: tuple[str, str], size: int = 15, shift: int = 0) -> Pixels:
    """A chat with a name and a text in each row."""
    pixels = np.full((30 * len(lines) + 40, 420, 3), GROUND, np.uint8)
    for i, (name, text) in enumerate(lines):
        pen, _ = cv2.putText(pixels, f"{name}:" if name else "", (8, 30 * i + 30 + shift), NAME, FONT, size, 400)
        cv2.putText(pixels, text, (pen[0] + 5, 30 * i + 30 + shift), INK, FONT, size, 400)
    return pixels


class Recogniser:
    """Names each strip by its number; counts."""

    def __init__(self, *said: str) -> None:
        self._said = said
        self.strips = 0

    def __call__(self, strips: list[Pixels]) -> list[str]:
        first, self.strips = self.strips, self.strips + len(strips)
        return [self._said[i] if i < len(self._said) else f"strip {i}" for i in range(first, self.strips)]


ROSA, TOM, LEA = ("rosa", "is it safe for cats?"), ("tom", "what a great lamp"), ("lea", "which sizes are there?")


def test_name_and_text_are_read_apart() -> None:
    [row] = RowReader(Recogniser("rosa:", "safe?")).read(panel(ROSA))
    assert (row.name, row.text, row.key) == ("rosa:", "safe?", 0)


def test_row_is_read_once_wherever_it_moves() -> None:
    recogniser = Recogniser()
    reader = RowReader(recogniser)
    first = reader.read(panel(ROSA, TOM))
    second = reader.read(panel(TOM, LEA, shift=7))
    assert recogniser.strips == 6
    assert [row.key for row in first] == [0, 1]
    assert [row.key for row in second] == [1, 2]
    assert second[0].top < first[1].top
    assert (second[0].name, second[0].text) == (first[1].name, first[1].text)


def worse(pixels: Pixels) -> Pixels:
    """As a video shows it."""
    _, packed = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, 80])
    return np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR), np.uint8)


def noisy(pixels: Pixels) -> Pixels:
    grain = np.random.default_rng(1).normal(0, 4, pixels.shape)
    return np.clip(pixels + grain, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("change", [worse, noisy], ids=["compressed", "noise"])
def test_row_that_a_video_changed_a_little_is_not_read_again(change: Callable[[Pixels], Pixels]) -> None:
    recogniser = Recogniser()
    reader = RowReader(recogniser)
    reader.read(panel(ROSA, TOM))
    reader.read(change(panel(ROSA, TOM)))
    assert recogniser.strips == 4


@pytest.mark.parametrize(
    ("first", "second"),
    [("take 2 red mugs", "take 3 red mugs"), ("it is 59 dollars", "it is 69 dollars"), ("so good", "so food")],
    ids=["digit", "price", "letter"],
)
@pytest.mark.parametrize("size", [11, 15, 20])
def test_row_with_another_letter_is_read_anew(size: int, first: str, second: str) -> None:
    recogniser = Recogniser()
    reader = RowReader(recogniser)
    keys = [reader.read(panel(("rosa", text), TOM, size=size))[0].key for text in (first, second)]
    assert keys == [0, 2]
    assert recogniser.strips == 6


def test_rows_that_look_alike_have_one_key() -> None:
    reader = RowReader(Recogniser("rosa:", "+1", "rosa:", "+1"))
    first, second = reader.read(panel(("rosa", "+1"), ("rosa", "+1")))
    assert first.key == second.key
    assert first.top < second.top


def test_row_without_a_text_that_was_recognised_is_left_out() -> None:
    reader = RowReader(Recogniser("", "", "tom:", "hi"))
    assert [row.text for row in reader.read(panel(ROSA, TOM))] == ["hi"]


@pytest.mark.parametrize(
    ("drawn", "said", "name"),
    [
        pytest.param("rosa_lee", "rosa lee:", "rosa_lee:", id="underscore taken for a space"),
        pytest.param("rosa_lee_99", "rosa lee 99:", "rosa_lee_99:", id="two underscores"),
        pytest.param("rosa lee", "rosa lee:", "rosa lee:", id="space"),
        pytest.param("rosa", "rosa:", "rosa:", id="one word"),
    ],
)
def test_space_within_a_word_of_a_name_is_an_underscore(drawn: str, said: str, name: str) -> None:
    reader = RowReader(Recogniser(said, "is it safe?"))
    assert [row.name for row in reader.read(panel((drawn, "is it safe for cats?")))] == [name]


def test_oldest_looks_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ocr, "MOST_LOOKS", 2)
    recogniser = Recogniser()
    reader = RowReader(recogniser)
    for one in (ROSA, TOM, ROSA, LEA):
        reader.read(panel(one))
    assert recogniser.strips == 6
    # It was seen later than Tom's.
    reader.read(panel(ROSA))
    assert recogniser.strips == 6
    reader.read(panel(TOM))
    assert recogniser.strips == 8


def test_more_rows_than_a_chat_has_are_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ocr, "MOST_ROWS", 2)
    assert len(RowReader(Recogniser()).read(panel(ROSA, TOM, LEA))) == 2


def test_more_text_than_is_read_in_time_is_read_from_the_newest_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ocr, "MOST_STRIP_PX", 10)
    reader = RowReader(Recogniser())
    assert [len(reader.read(panel(ROSA, TOM, LEA))) for _ in range(4)] == [1, 2, 3, 3]
    assert [row.key for row in reader.read(panel(ROSA, TOM, LEA))] == [2, 1, 0]


def test_empty_picture_has_no_rows() -> None:
    assert RowReader(Recogniser()).read(np.zeros((100, 100, 3), np.uint8)) == []


PICTURE = np.zeros((30, 40, 3), np.uint8)


@contextmanager
def reading(target: Callable[[Connection, ReaderConfig], Any]) -> Iterator[SupervisedReader]:
    reader = SupervisedReader(target=target)
    try:
        yield reader
    finally:
        reader.close()
        reader.stop()


def row(number: int, key: int) -> Reading:
    return Reading((TextRow(10, 22, 8, "rosa", f"answer {number}", key),), 0.25)


def test_nothing_starts_before_the_first_picture() -> None:
    with reading(children.good) as reader:
        assert (reader.pid, reader.starts) == (None, 0)


def test_pictures_are_answered_one_by_one() -> None:
    with reading(children.good) as reader:
        assert [reader.read(PICTURE), reader.read(PICTURE)] == [row(0, 1_000_000), row(1, 1_000_001)]
        assert reader.starts == 1
    assert reader.pid is None


def test_picture_that_is_a_part_of_another_can_be_sent() -> None:
    with reading(children.good) as reader:
        assert reader.read(np.zeros((90, 80, 4), np.uint8)[::3, ::2, :3]) == row(0, 1_000_000)


@pytest.mark.parametrize(
    "child",
    [children.dies, children.hangs, children.babbles, children.garbage],
    ids=["dies", "hangs", "babbles", "garbage"],
)
def test_child_that_goes_wrong_is_started_again(
    child: Callable[[Connection, ReaderConfig], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ocr, "ANSWER_TIMEOUT_S", 1.0)
    monkeypatch.setattr(ocr, "REST_S", (0.0,))
    with reading(child) as reader:
        # Rows of two processes have different keys.
        assert [reader.read(PICTURE) for _ in range(3)] == [row(0, 1_000_000), None, row(0, 2_000_000)]
        assert reader.starts == 2


def test_child_that_never_starts_is_tried_less_and_less_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ocr, "REST_S", (0.0, 0.01, 0.02))
    rests: list[float | None] = []
    wait = threading.Event.wait

    def watched(event: threading.Event, timeout: float | None = None) -> bool:
        rests.append(timeout)
        return wait(event, timeout)

    with reading(children.never_starts) as reader:
        monkeypatch.setattr(threading.Event, "wait", watched)
        assert [reader.read(PICTURE) for _ in range(4)] == [None] * 4
        monkeypatch.undo()
        assert reader.starts == 4
    assert [rest for rest in rests if rest in {0.0, 0.01, 0.02}] == [0.0, 0.01, 0.02, 0.02]


@pytest.mark.parametrize("child", [children.hangs, children.loads_for_ever], ids=["reads", "loads"])
def test_close_ends_a_read_that_waits(child: Callable[[Connection, ReaderConfig], Any]) -> None:
    with reading(child) as reader:
        answers: list[Reading | None] = []

        def read() -> None:
            while (answer := reader.read(PICTURE)) is not None:
                answers.append(answer)
            answers.append(None)

        thread = threading.Thread(target=read)
        thread.start()
        looks = threading.Event()
        while reader.pid is None:
            looks.wait(0.01)
        reader.close()
        thread.join(WAIT_S)
        assert not thread.is_alive()
        assert answers[-1] is None


def test_closed_reader_starts_no_process() -> None:
    with reading(children.good) as reader:
        reader.close()
        assert reader.read(PICTURE) is None
        assert (reader.pid, reader.starts) == (None, 0)


def test_stopped_reader_starts_again_with_the_next_picture() -> None:
    with reading(children.good) as reader:
        assert reader.read(PICTURE) == row(0, 1_000_000)
        reader.stop()
        assert reader.pid is None
        assert reader.read(PICTURE) == row(0, 2_000_000)


SAID = [
    ("rosa_b", "is it safe for cats?"),
    ("tom", "how much is the blue mug"),
    ("velvetfern", "I would take 2 of them"),
    ("lea", "hello from Berlin"),
]


@pytest.mark.real
@pytest.mark.parametrize("size", [13, 15, 20])
def test_real_recogniser_reads_a_panel(size: int) -> None:
    with reading(ocr.main) as reader:
        found = reader.read(panel(*SAID, size=size))
        again = reader.read(panel(*SAID, size=size))
    assert found is not None
    assert again is not None
    assert [(one.name.rstrip(":"), one.text) for one in found.rows] == SAID
    assert again.rows == found.rows
    assert again.cpu_s < found.cpu_s


@pytest.mark.skipif(sys.platform == "win32", reason="signals have no mask there")
def test_process_that_is_started_leaves_ctrl_c_to_the_program() -> None:
    with reading(children.good) as reader:
        assert reader.read(panel(("Rosa", "hi"))) is not None
        blocked = signal.pthread_sigmask(signal.SIG_BLOCK, set())
    assert signal.SIGINT not in blocked
