"""Who is decoded next."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import numpy as np

from cloud_api.asr.hearing import FALL_AFTER_S, LATE_S, RISE_AFTER_S, Ladder
from cloud_api.asr.scheduler import PARTIAL_WAIT_S, EngineClosed, Job, Scheduler
from martlive_desktop.core.speech.guards import Hypothesis

if TYPE_CHECKING:
    from collections.abc import Callable

FOUND = Hypothesis((), -0.1, 0.0, is_capped=False)


def _job(
    name: str, *, tenant: str = "a", is_final: bool = True, seconds: float = 4.0, is_background: bool = False
) -> Job:
    pcm = np.zeros(int(seconds * 16_000), np.int16)
    return Job(name, tenant, is_final, pcm, (), "en", (), is_background)


class Asking:
    """A stream's thread that waits for one decode."""

    def __init__(self, scheduler: Watched, job: Job) -> None:
        self.found: list[Hypothesis | Exception | None] = []
        self._act: Callable[[], Hypothesis | None] = lambda: scheduler.ask(job)
        self.thread = threading.Thread(target=self._ask)
        before = scheduler.waiting
        self.thread.start()
        # The order in which they ask is the order of the test.
        scheduler.wait_until(lambda: scheduler.waiting > before or bool(self.found))

    def _ask(self) -> None:
        try:
            self.found.append(self._act())
        except (EngineClosed, RuntimeError) as exc:
            self.found.append(exc)


class Watched(Scheduler):
    """Says how many wait."""

    @property
    def waiting(self) -> int:
        with self._changed:
            return len(self._finals) + len(self._partials) + len(self._background)

    def wait_until(self, holds: Callable[[], bool]) -> None:
        end = threading.Event()
        for _ in range(500):
            if holds():
                return
            end.wait(0.01)
        raise AssertionError("it did not come about")


def _served(scheduler: Watched, count: int, lane: int = 0) -> list[str]:
    names = []
    for _ in range(count):
        jobs = scheduler.take(lane)
        names += [job.stream for job in jobs]
        scheduler.done(jobs, [FOUND] * len(jobs))
    return names


def _end(scheduler: Watched, *asking: Asking) -> None:
    scheduler.close()
    for one in asking:
        one.thread.join()


def test_finals_go_before_partials_and_files_come_last() -> None:
    scheduler = Watched(2)
    asked = [
        Asking(scheduler, _job("file", is_background=True)),
        Asking(scheduler, _job("partial", is_final=False)),
        Asking(scheduler, _job("final")),
    ]
    assert _served(scheduler, 3) == ["final", "partial", "file"]
    _end(scheduler, *asked)
    assert [one.found for one in asked] == [[FOUND]] * 3


def test_tenant_with_many_finals_does_not_hold_up_another() -> None:
    scheduler = Watched(1)
    crowd = [Asking(scheduler, _job(f"a{n}", seconds=8.0)) for n in range(6)]
    other = [Asking(scheduler, _job("b", tenant="b", seconds=8.0))]
    assert "b" in _served(scheduler, 2)
    _served(scheduler, 5)
    _end(scheduler, *crowd, *other)


def test_tenants_get_equal_seconds_whatever_the_length_of_their_finals() -> None:
    scheduler = Watched(1)
    asked = [Asking(scheduler, _job(f"long{n}", tenant="long", seconds=12.0)) for n in range(4)]
    asked += [Asking(scheduler, _job(f"short{n}", tenant="short", seconds=3.0)) for n in range(16)]
    first = _served(scheduler, 10)
    seconds = {
        name: sum(12.0 if one.startswith("long") else 3.0 for one in first if one.startswith(name))
        for name in ("long", "short")
    }
    assert abs(seconds["long"] - seconds["short"]) <= 12.0
    _served(scheduler, 10)
    _end(scheduler, *asked)


def test_partials_leave_a_lane_to_finals() -> None:
    scheduler = Watched(2)
    partials = [Asking(scheduler, _job(f"p{n}", is_final=False)) for n in range(2)]
    running = scheduler.take(0)
    assert [job.stream for job in running] == ["p0"]
    # The other lane waits for a final although a partial is there.
    final = Asking(scheduler, _job("final"))
    assert [job.stream for job in scheduler.take(1)] == ["final"]
    scheduler.done(running, [FOUND])
    _end(scheduler, *partials, final)


def test_partial_that_cannot_begin_soon_is_left_out() -> None:
    scheduler = Watched(1)
    final = Asking(scheduler, _job("final"))
    scheduler.take(0)
    partial = Asking(scheduler, _job("partial", is_final=False))
    partial.thread.join(PARTIAL_WAIT_S + 5)
    assert partial.found == [None]
    assert scheduler.dropped == 1
    _end(scheduler, final)


def test_failed_decode_is_raised_where_it_was_asked_for() -> None:
    scheduler = Watched(1)
    broken, other = Asking(scheduler, _job("broken")), Asking(scheduler, _job("other"))
    scheduler.failed(scheduler.take(0), RuntimeError("no"))
    assert _served(scheduler, 1) == ["other"]
    broken.thread.join()
    assert isinstance(broken.found[0], RuntimeError)
    _end(scheduler, broken, other)
    assert other.found == [FOUND]


def test_end_lets_everybody_go() -> None:
    scheduler = Watched(1)
    final = Asking(scheduler, _job("final"))
    _end(scheduler, final)
    assert isinstance(final.found[0], EngineClosed)
    assert scheduler.take(0) == []


def test_load_tells_how_long_the_oldest_final_waits() -> None:
    now_s = [100.0]
    scheduler = Watched(1, now_s=lambda: now_s[0])
    asked = [Asking(scheduler, _job("one", seconds=4.0))]
    now_s[0] = 101.5
    asked += [Asking(scheduler, _job("two", seconds=2.0))]
    assert scheduler.load() == (2, 1.5, 6.0)
    _served(scheduler, 2)
    assert scheduler.load() == (0, 0.0, 0)
    _end(scheduler, *asked)


def test_ladder_falls_quickly_and_rises_slowly() -> None:
    ladder, seen = Ladder(), []
    for tenth in range(100):
        ladder.observe(LATE_S + 0.1, 0.9, tenth / 10)
        seen.append(ladder.step_ms(2_000))
    assert list(dict.fromkeys(seen)) == [2_000, 4_000, 8_000, None]
    assert ladder.level == 4
    late_s = 10.0
    for tenth in range(int(RISE_AFTER_S * 10) + 2):
        ladder.observe(0.0, 0.3, late_s + tenth / 10)
    assert ladder.level == 3


def test_ladder_takes_no_step_for_a_moment() -> None:
    ladder = Ladder()
    for tenth in range(int(FALL_AFTER_S * 10) - 1):
        assert not ladder.observe(LATE_S + 0.1, 0.9, 50 + tenth / 10)
    assert not ladder.observe(0.0, 0.3, 52.0)
    assert not ladder.observe(LATE_S + 0.1, 0.9, 52.1)
    assert ladder.level == 0
    assert ladder.step_ms(None) is None
