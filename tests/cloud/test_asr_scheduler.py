"""Who is decoded next, with a clock of the test's own."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from cloud_api.asr import scheduler as module
from cloud_api.asr.scheduler import EngineClosed, Job, Scheduler
from martlive_desktop.core.speech.guards import Hypothesis

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SAID = Hypothesis((), -0.1, 0.0, is_capped=False)


def job(stream: str = "a", tenant: str = "t", *, seconds: float = 4.0, is_final: bool = True, **more: Any) -> Job:
    pcm = np.zeros(int(seconds * 16_000), np.int16)
    return Job(stream, tenant, is_final, pcm, (), "en", (), **more)


class Asking:
    """Streams that wait for a scheduler, each on a thread."""

    def __init__(self, lanes: int = 2) -> None:
        self.now_s = 0.0
        self.scheduler = Scheduler(lanes, now_s=lambda: self.now_s)
        self._threads: list[threading.Thread] = []

    def ask(self, one: Job, **more: Any) -> Future[Hypothesis | None]:
        """Asks, and returns when the scheduler knows of it."""
        future: Future[Hypothesis | None] = Future()

        def run() -> None:
            try:
                future.set_result(self.scheduler.ask(one, **more))
            except Exception as exc:  # noqa: BLE001 - the test looks at it
                future.set_exception(exc)

        before = self.waiting()
        thread = threading.Thread(target=run)
        self._threads.append(thread)
        thread.start()
        self.until(lambda: self.waiting() != before or future.done())
        return future

    def waiting(self) -> tuple[int, int, int]:
        inside: Any = self.scheduler
        return len(inside._finals), len(inside._partials), len(inside._background)

    def until(self, is_so: Callable[[], bool]) -> None:
        pause = threading.Event()
        for _ in range(2_000):
            if is_so():
                return
            pause.wait(0.002)
        raise AssertionError("it never came")

    def take(self, lane: int = 0) -> str:
        [one] = self.scheduler.take(lane)
        return one.stream

    def finish(self, lane: int) -> None:
        inside: Any = self.scheduler
        self.scheduler.done([inside._running[lane].job], [SAID])

    def close(self) -> None:
        self.scheduler.close()
        for thread in self._threads:
            thread.join()


@pytest.fixture
def asking() -> Iterator[Asking]:
    one = Asking()
    yield one
    one.close()


@pytest.fixture
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Partials wait as long as the test takes."""
    monkeypatch.setattr(module, "PARTIAL_WAIT_S", 30.0)


@pytest.mark.usefixtures("_patient")
def test_final_goes_before_partials_and_files_that_came_first(asking: Asking) -> None:
    asking.ask(job("file", is_background=True))
    asking.ask(job("partial", is_final=False))
    asking.ask(job("final"))
    assert asking.take(0) == "final"
    assert asking.take(1) == "partial"


def test_one_lane_is_left_to_finals(asking: Asking) -> None:
    asking.ask(job("one", is_background=True))
    asking.ask(job("two", is_background=True))
    assert asking.take(0) == "one"
    asking.ask(job("final"))
    assert asking.take(1) == "final"
    asking.finish(1)
    asking.ask(job("next"))
    assert asking.take(1) == "next"
    asking.finish(0)
    assert asking.take(0) == "two"


def test_partial_that_finds_no_lane_is_dropped_and_counted(asking: Asking, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PARTIAL_WAIT_S", 0.01)
    assert asking.ask(job(is_final=False)).result(5) is None
    assert asking.scheduler.dropped == 1
    assert asking.waiting() == (0, 0, 0)


def test_final_is_never_dropped(asking: Asking) -> None:
    asked = asking.ask(job())
    asking.now_s += 100.0
    assert asking.scheduler.load() == (1, 100.0, 4.0)
    asking.take()
    asking.finish(0)
    assert asked.result(5) is SAID


def test_tenant_with_many_finals_does_not_hold_up_another(asking: Asking) -> None:
    for number in range(12):
        asking.ask(job(f"loud-{number}", "loud"))
    asking.ask(job("quiet", "quiet"))
    order = []
    for _ in range(13):
        order.append(asking.take())
        asking.finish(0)
    assert order.index("quiet") <= 4
    assert [one for one in order if one != "quiet"] == [f"loud-{number}" for number in range(12)]


def test_tenants_share_by_seconds_of_sound_not_by_number_of_finals(asking: Asking) -> None:
    for number in range(4):
        asking.ask(job(f"long-{number}", "long", seconds=8.0))
    for number in range(8):
        asking.ask(job(f"short-{number}", "short", seconds=2.0))
    given = {"long": 0.0, "short": 0.0}
    for _ in range(7):
        [one] = asking.scheduler.take(0)
        given[one.tenant] += one.seconds
        asking.finish(0)
    assert abs(given["long"] - given["short"]) <= module.TURN_S + 2.0


def test_what_was_prepared_is_decoded_while_nothing_else_is_to_do(asking: Asking) -> None:
    prepared = asking.scheduler.prepare(job("ahead"))
    assert asking.take() == "ahead"
    asking.finish(0)
    assert asking.scheduler.ask(prepared.job, prepared) is SAID


def test_prepared_final_waits_behind_finals_and_takes_its_place_when_it_is_asked_for(asking: Asking) -> None:
    prepared = asking.scheduler.prepare(job("ahead"))
    asking.ask(job("final"))
    assert asking.take(0) == "final"
    asked = asking.ask(prepared.job, prepared=prepared)
    assert asking.scheduler.load()[0] == 1
    assert asking.take(1) == "ahead"
    asking.finish(1)
    assert asked.result(5) is SAID


def test_prepared_final_that_is_withdrawn_is_not_decoded(asking: Asking) -> None:
    asking.scheduler.withdraw(asking.scheduler.prepare(job("ahead")))
    asking.ask(job("file", is_background=True))
    assert asking.take() == "file"


def test_prepared_final_that_runs_leaves_the_other_lane_to_finals(asking: Asking) -> None:
    prepared = asking.scheduler.prepare(job("ahead"))
    assert asking.take(0) == "ahead"
    asking.scheduler.withdraw(prepared)
    asking.ask(job("file", is_background=True))
    asking.ask(job("final"))
    assert asking.take(1) == "final"


def test_nothing_is_decoded_ahead_while_the_lanes_are_busy(asking: Asking) -> None:
    for lane in range(2):
        asking.ask(job(f"final-{lane}"))
        asking.take(lane)
    asking.now_s += 20.0
    for lane in range(2):
        asking.finish(lane)
    asking.scheduler.prepare(job("ahead"))
    asking.ask(job("file", is_background=True))
    assert asking.take(0) == "file"
    asking.finish(0)
    asking.now_s += 20.0
    assert asking.take(0) == "ahead"


def test_failure_belongs_to_those_who_asked(asking: Asking) -> None:
    asked = asking.ask(job())
    [one] = asking.scheduler.take(0)
    asking.scheduler.failed([one], RuntimeError("no memory"))
    with pytest.raises(RuntimeError, match="no memory"):
        asked.result(5)


def test_end_lets_everybody_go(asking: Asking) -> None:
    asked = [asking.ask(job()), asking.ask(job(is_background=True))]
    asking.scheduler.close()
    for one in asked:
        with pytest.raises(EngineClosed):
            one.result(5)
    assert asking.scheduler.take(0) == []
