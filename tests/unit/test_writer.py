"""The process that words tips: it may die, hang or babble, and nobody waits for it."""

from __future__ import annotations

import queue
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from martlive_desktop.adapters.model_store import ModelStore
from martlive_desktop.core.coach.drafting import DraftRequest
from martlive_desktop.inference.llama import WriterConfig
from martlive_desktop.inference.writer import SupervisedWriter
from tests.fakes import writer as children

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection

REQUEST = DraftRequest("c1", "Line: is it safe for cats?\n", '{"enum": ["safe", "cats"]}')
NOWHERE = WriterConfig(Path("nowhere"))
WAIT_S = 30.0


def ask(writer: SupervisedWriter) -> str:
    answers: queue.SimpleQueue[str] = queue.SimpleQueue()
    writer.ask(REQUEST, answers.put)
    return answers.get(timeout=WAIT_S)


def test_answers_come_one_by_one_and_can_be_watched() -> None:
    seen: list[tuple[str, str]] = []
    with closing(SupervisedWriter(NOWHERE, target=children.good, on_exchange=lambda *one: seen.append(one))) as writer:
        assert writer.wait_until_ready(WAIT_S)
        assert [ask(writer), ask(writer)] == ['{"span": "answer 0"}', '{"span": "answer 1"}']
    assert [prompt for prompt, _ in seen] == [REQUEST.prompt] * 2
    assert writer.pid is None


@pytest.mark.parametrize("child", [children.dies, children.hangs, children.babbles], ids=["dies", "hangs", "babbles"])
def test_child_that_goes_wrong_is_started_again_and_asked_again(
    child: Callable[[Connection, WriterConfig], None],
) -> None:
    with closing(SupervisedWriter(NOWHERE, target=child, deadline_s=0.3)) as writer:
        assert writer.wait_until_ready(WAIT_S)
        while ask(writer):
            pass
        while writer.starts < 2:
            assert ask(writer) in {"", "one"}


def test_garbage_is_handed_on_to_be_judged() -> None:
    with closing(SupervisedWriter(NOWHERE, target=children.garbage)) as writer:
        assert writer.wait_until_ready(WAIT_S)
        assert ask(writer).endswith("{{{")


def test_question_that_waited_too_long_is_not_asked() -> None:
    with closing(SupervisedWriter(NOWHERE, target=children.good, deadline_s=0.0)) as writer:
        assert ask(writer) == ""


def test_child_that_never_starts_keeps_nobody() -> None:
    writer = SupervisedWriter(NOWHERE, target=children.never_starts)
    writer.ask(REQUEST, lambda _: None)
    began_s = time.monotonic()
    writer.close()
    assert time.monotonic() - began_s < WAIT_S


@pytest.mark.real
def test_real_model_picks_one_of_the_spans(tmp_path: Path) -> None:
    folder = ModelStore(tmp_path).resolve("smollm2-135m")
    with closing(SupervisedWriter(WriterConfig(next(folder.glob("*.gguf"))), deadline_s=20.0)) as writer:
        assert writer.wait_until_ready(WAIT_S)
        assert ask(writer) in {'"safe"', '"cats"'}


@pytest.mark.real
def test_real_model_stops_at_its_deadline(tmp_path: Path) -> None:
    folder = ModelStore(tmp_path).resolve("smollm2-135m")
    with closing(SupervisedWriter(WriterConfig(next(folder.glob("*.gguf"))), deadline_s=0.001)) as writer:
        assert writer.wait_until_ready(WAIT_S)
        assert ask(writer) == ""
