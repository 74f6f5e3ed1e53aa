"""The microphone as a stream that never stops."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from martlive_desktop.adapters.devices import BLOCK_MS
from martlive_desktop.adapters.microphone import GONE, NOT_THERE, STARVED_MS, Microphone
from martlive_desktop.core.errors import MicrophoneUnavailable
from martlive_desktop.core.events import AudioChunk, Status
from tests.fakes.microphone import FakeMicrophone
from tests.fakes.scripted_clock import ScriptedClock

if TYPE_CHECKING:
    import threading

    from numpy.typing import NDArray

    from martlive_desktop.adapters.devices import OnBlock, OnEnd, OpenInput


def tone(rate_hz: int, peak: int = 8_000, hz: int = 500) -> NDArray[np.int16]:
    """One second, shape (samples, 1), which repeats without a seam."""
    sound: NDArray[np.float64] = peak * np.sin(2 * np.pi * hz * np.arange(rate_hz) / rate_hz)
    return np.rint(sound).astype(np.int16)[:, None]


def listen(fake: FakeMicrophone, clock: ScriptedClock, until_ms: int) -> tuple[NDArray[np.int16], list[Status]]:
    """What a microphone gives until `until_ms`; checks that its chunks follow each other."""
    microphone = Microphone(clock=clock, open_device=fake.open, wait=clock.wait)
    clock.at(until_ms, microphone.close)
    return collect(microphone)


def collect(microphone: Microphone) -> tuple[NDArray[np.int16], list[Status]]:
    parts: list[NDArray[np.int16]] = []
    states: list[Status] = []
    samples = 0
    for item in microphone.read():
        if isinstance(item, Status):
            assert item.at_ms == samples // 16
            states.append(item)
        else:
            assert item.start_sample == samples
            assert 0 < len(item.pcm) <= 1_600
            assert item.pcm.dtype == np.int16
            parts.append(item.pcm)
            samples = item.end_sample
    return np.concatenate(parts), states


@pytest.mark.parametrize("rate_hz", [8_000, 16_000, 44_100, 48_000, 96_000])
def test_any_rate_becomes_16_khz_at_the_same_level(rate_hz: int) -> None:
    clock = ScriptedClock()
    pcm, states = listen(FakeMicrophone(clock, tone(rate_hz), rate_hz=rate_hz), clock, 3_010)
    assert len(pcm) == 48_000
    assert np.abs(pcm[16_000:40_000].astype(int) - tone(16_000)[np.arange(16_000, 40_000) % 16_000, 0]).max() <= 2
    assert states == [Status(0, "microphone", "listening")]


@pytest.mark.parametrize("live", [0, 1])
def test_microphone_on_one_channel_of_two_keeps_its_level(live: int) -> None:
    clock = ScriptedClock()
    sound = np.zeros((16_000, 2), np.int16)
    sound[:, live] = tone(16_000)[:, 0]
    sound[:, 1 - live] = tone(16_000, peak=5, hz=100)[:, 0]
    pcm, _ = listen(FakeMicrophone(clock, sound), clock, 1_010)
    assert (pcm[:15_000] == tone(16_000)[:15_000, 0]).all()


def test_equal_channels_do_not_flap() -> None:
    clock = ScriptedClock()
    sound = np.hstack([tone(16_000), tone(16_000, peak=12_000)])
    pcm, _ = listen(FakeMicrophone(clock, sound), clock, 1_010)
    assert (pcm[:15_000] == sound[:15_000, 0]).all()


def test_full_scale_is_clipped_and_does_not_wrap() -> None:
    clock = ScriptedClock()
    square = np.where(np.arange(48_000) % 480 < 240, 32_767, -32_768).astype(np.int16)[:, None]
    pcm, _ = listen(FakeMicrophone(clock, square, rate_hz=48_000), clock, 1_000)
    assert pcm.max() == 32_767
    assert pcm.min() == -32_768
    # 80 samples up and 80 down: an overshoot that wrapped would change sides.
    assert (pcm[10:70] > 20_000).all()


@pytest.mark.parametrize("ends", [True, False], ids=["device says so", "device falls silent"])
@pytest.mark.parametrize("opens", [True, False], ids=["opens in vain", "does not open"])
def test_unplugged_microphone_gives_silence_and_comes_back(ends: bool, opens: bool) -> None:
    clock = ScriptedClock()
    fake = FakeMicrophone(clock, tone(48_000), rate_hz=48_000)
    fake.ends_when_gone, fake.opens_when_gone = ends, opens
    clock.at(2_010, fake.unplug)
    clock.at(10_010, fake.plug)
    pcm, states = listen(fake, clock, 15_000)
    assert [(s.part, s.state, s.detail) for s in states] == [
        ("microphone", "listening", ""),
        ("microphone", "lost", "The microphone is gone – plug it in again."),
        ("microphone", "listening", ""),
    ]
    assert 2_000 <= states[1].at_ms <= 2_020
    assert 10_000 <= states[2].at_ms <= 13_000
    silence = pcm[2_000 * 16 : states[2].at_ms * 16]
    assert not silence.any()
    assert np.abs(pcm[(states[2].at_ms + 100) * 16 : 14_900 * 16].astype(int)).max() >= 7_990
    assert (15_000 - BLOCK_MS) * 16 <= len(pcm) <= 15_000 * 16
    assert set(fake.names[1:]) == {"Desk"}
    assert fake.open_count == 0


def test_loss_is_told_within_two_seconds_of_the_unplugging() -> None:
    clock = ScriptedClock()
    fake = FakeMicrophone(clock, tone(16_000))
    clock.at(1_000, fake.unplug)
    microphone = Microphone(clock=clock, open_device=fake.open, wait=clock.wait)
    told_ms = next(clock.now_ms() for item in microphone.read() if isinstance(item, Status) and item.state == "lost")
    assert 2_000 <= told_ms <= 3_000


def test_stream_time_goes_on_while_the_device_is_gone() -> None:
    clock = ScriptedClock()
    fake = FakeMicrophone(clock, tone(16_000))
    clock.at(1_000, fake.unplug)
    microphone = Microphone(clock=clock, open_device=fake.open, wait=clock.wait)
    clock.at(8_010, microphone.close)
    late = [
        clock.now_ms() - item.at_ms
        for item in microphone.read()
        if isinstance(item, AudioChunk) and clock.now_ms() > 3_000
    ]
    assert len(late) == 50
    assert max(late) <= 120


def test_device_that_opens_but_never_speaks_is_lost_from_the_start() -> None:
    clock = ScriptedClock()
    fake = FakeMicrophone(clock, tone(16_000))
    fake.is_plugged, fake.opens_when_gone = False, True
    clock.at(4_000, fake.plug)
    pcm, states = listen(fake, clock, 6_000)
    assert [s.state for s in states] == ["lost", "listening"]
    assert not pcm[: (4_000 - BLOCK_MS) * 16].any()
    assert pcm[-1_600:].any()


def test_computer_without_a_microphone_is_an_error() -> None:
    clock = ScriptedClock()
    fake = FakeMicrophone(clock, tone(16_000))
    fake.is_plugged = False
    with pytest.raises(MicrophoneUnavailable):
        next(Microphone(clock=clock, open_device=fake.open, wait=clock.wait).read())
    assert fake.names == [""]


def test_microphone_asked_for_by_name_is_waited_for() -> None:
    clock = ScriptedClock()
    fake = FakeMicrophone(clock, tone(16_000))
    fake.is_plugged = False
    clock.at(30_010, fake.plug)
    microphone = Microphone("Yeti", clock=clock, open_device=fake.open, wait=clock.wait)
    clock.at(35_010, microphone.close)
    pcm, states = collect(microphone)
    assert [(s.state, s.detail) for s in states] == [("lost", "No microphone was found."), ("listening", "")]
    assert states[0].at_ms == 0
    assert 30_000 <= states[1].at_ms <= 31_100
    assert not pcm[: states[1].at_ms * 16].any()
    assert pcm[-1_600:].any()
    assert set(fake.names) == {"Yeti"}


def test_sound_library_that_is_missing_is_an_error_for_a_named_microphone_too() -> None:
    def refuse(*_: object) -> OpenInput:
        raise MicrophoneUnavailable("The sound library is missing.")

    clock = ScriptedClock()
    with pytest.raises(MicrophoneUnavailable):
        next(Microphone("Yeti", clock=clock, open_device=refuse, wait=clock.wait).read())


def test_microphone_that_another_program_holds_is_tried_until_it_is_free() -> None:
    clock = ScriptedClock()
    fake = FakeMicrophone(clock, tone(16_000))

    def take(is_taken: bool) -> None:
        fake.is_taken = is_taken

    take(True)
    clock.at(3_010, lambda: take(False))
    clock.at(6_010, fake.unplug)
    clock.at(9_010, fake.plug)
    clock.at(9_010, lambda: take(True))
    clock.at(12_010, fake.unplug)
    clock.at(12_010, lambda: take(False))
    clock.at(15_010, fake.plug)
    pcm, states = listen(fake, clock, 18_010)
    assert [(s.state, s.detail) for s in states] == [
        ("lost", "Another program holds it."),
        ("listening", ""),
        ("lost", GONE),
        ("lost", "Another program holds it."),
        ("lost", GONE),
        ("listening", ""),
    ]
    assert pcm[5_000 * 16 : 6_000 * 16].any()
    assert pcm[-1_600:].any()


def test_other_sound_in_place_of_the_microphone_is_a_loss() -> None:
    clock = ScriptedClock()
    fake = FakeMicrophone(clock, tone(16_000))

    def replace(is_replaced: bool) -> None:
        fake.is_replaced = is_replaced

    clock.at(2_010, lambda: replace(True))
    clock.at(5_010, lambda: replace(False))
    pcm, states = listen(fake, clock, 8_010)
    assert [(s.state, s.detail) for s in states] == [("listening", ""), ("lost", GONE), ("listening", "")]
    assert 2_000 <= states[1].at_ms <= 2_600
    assert 5_000 <= states[2].at_ms <= 5_300
    assert not pcm[states[1].at_ms * 16 : states[2].at_ms * 16].any()


@pytest.mark.parametrize("opens", [True, False], ids=["opens in vain", "does not open"])
@pytest.mark.parametrize(("gone_s", "expected"), [(2, 20), (14, 140), (35, 150 + 20)])
def test_tries_are_frequent_at_first_and_then_once_a_second(gone_s: int, expected: int, opens: bool) -> None:
    clock = ScriptedClock()
    fake = FakeMicrophone(clock, tone(16_000))
    fake.ends_when_gone, fake.opens_when_gone = True, opens
    clock.at(1_010, fake.unplug)
    listen(fake, clock, 1_000 + gone_s * 1_000)
    assert len(fake.names) - 1 == expected


def test_dear_tries_are_rare() -> None:
    clock = ScriptedClock()
    fake = FakeMicrophone(clock, tone(16_000))
    fake.ends_when_gone = True
    clock.at(1_010, fake.unplug)

    def scan_and_open(name: str, on_block: OnBlock, on_end: OnEnd) -> OpenInput:
        if not fake.is_plugged:
            clock.wait_until(clock.now_ms() + 50)
        return fake.open(name, on_block, on_end)

    microphone = Microphone(clock=clock, open_device=scan_and_open, wait=clock.wait)
    clock.at(11_000, microphone.close)
    collect(microphone)
    # 50 ms and a wait of 300 ms each.
    assert len(fake.names) - 1 == pytest.approx(10_000 / 350, abs=1)


@pytest.mark.parametrize(
    ("before", "after"), [((48_000, 2), (44_100, 2)), ((48_000, 2), (16_000, 1)), ((16_000, 1), (48_000, 2))]
)
def test_device_that_comes_back_with_another_rate_keeps_its_pitch(
    before: tuple[int, int], after: tuple[int, int]
) -> None:
    clock = ScriptedClock()
    first, second = (np.repeat(tone(rate_hz), channels, axis=1) for rate_hz, channels in (before, after))
    fake = FakeMicrophone(clock, first, rate_hz=before[0])
    fake.ends_when_gone = True
    clock.at(2_010, fake.unplug)
    clock.at(3_510, lambda: fake.plug(second, rate_hz=after[0]))
    pcm, states = listen(fake, clock, 7_000)
    assert [s.state for s in states] == ["listening", "lost", "listening"]
    for begin_ms in (500, 5_000):
        heard = np.abs(np.fft.rfft(pcm[begin_ms * 16 : (begin_ms + 1_000) * 16]))
        assert int(heard.argmax()) == 500
    assert (7_000 - BLOCK_MS) * 16 <= len(pcm) <= 7_000 * 16


def test_sound_that_found_no_room_is_told_and_becomes_silence_at_its_place() -> None:
    clock = ScriptedClock()
    fake = FakeMicrophone(clock, tone(16_000))
    microphone = Microphone(clock=clock, open_device=fake.open, wait=clock.wait)
    items = microphone.read()
    first = next(item for item in items if isinstance(item, AudioChunk))
    # Nobody reads for 32 s; 30 s are kept.
    clock.wait_until(32_000 + BLOCK_MS)
    clock.at(33_000 + BLOCK_MS, microphone.close)
    rest = list(items)
    chunks = [item for item in rest if isinstance(item, AudioChunk)]
    pcm = np.concatenate([first.pcm, *(chunk.pcm for chunk in chunks)])
    [status] = [item for item in rest if isinstance(item, Status)]
    assert (status.part, status.state) == ("microphone", "overrun")
    assert status.detail == "The computer was too busy: 2.0 s of sound were lost."
    assert status.at_ms == 32_000 + BLOCK_MS
    assert pcm[30_000 * 16 : (30_000 + BLOCK_MS) * 16].any()
    assert not pcm[(30_000 + BLOCK_MS) * 16 : (32_000 + BLOCK_MS) * 16].any()
    assert pcm[(32_000 + BLOCK_MS) * 16 : (32_080 + BLOCK_MS) * 16].any()
    assert [c.start_sample for c in chunks] == list(np.cumsum([len(first.pcm), *(len(c.pcm) for c in chunks[:-1])]))
    assert 33_000 <= chunks[-1].at_ms <= 33_000 + BLOCK_MS


@pytest.mark.parametrize(("lost_ms", "told"), [(100, "0.1 s"), (500, "0.5 s")])
def test_sound_that_the_system_lost_is_told_and_filled(lost_ms: int, told: str) -> None:
    clock = ScriptedClock()
    fake = FakeMicrophone(clock, tone(16_000))

    def stall() -> None:
        fake.is_plugged = False

    def resume() -> None:
        fake.is_plugged = True
        fake.overflows = True

    clock.at(1_010, stall)
    clock.at(1_010 + lost_ms, resume)
    pcm, states = listen(fake, clock, 3_010)
    assert [(s.at_ms, s.state) for s in states] == [(0, "listening"), (1_000 + lost_ms, "overrun")]
    assert states[1].detail == f"The computer was too busy: {told} of sound were lost."
    assert not pcm[1_000 * 16 : (1_000 + lost_ms) * 16].any()
    assert len(pcm) == 3_000 * 16


def test_overflow_without_a_hole_changes_nothing() -> None:
    clock = ScriptedClock()
    fake = FakeMicrophone(clock, tone(16_000))
    fake.overflows = True
    pcm, states = listen(fake, clock, 1_010)
    assert [s.state for s in states] == ["listening"]
    assert (pcm[:15_000] == tone(16_000)[:15_000, 0]).all()


@pytest.mark.parametrize("rate_hz", [8_000, 44_100, 48_000])
def test_listening_wakes_up_twenty_times_a_second(rate_hz: int) -> None:
    clock = ScriptedClock()
    fake = FakeMicrophone(clock, tone(rate_hz), rate_hz=rate_hz)
    waits: list[float] = []

    def wait(event: threading.Event, timeout_s: float) -> None:
        waits.append(timeout_s)
        clock.wait(event, timeout_s)

    microphone = Microphone(clock=clock, open_device=fake.open, wait=wait)
    clock.at(10_010, microphone.close)
    chunks = [item for item in microphone.read() if isinstance(item, AudioChunk)]
    assert sum(len(chunk.pcm) for chunk in chunks) == 160_000
    # One for each block, and at the end one for the close and the rest of the resampler.
    assert len(waits) == 201
    # From 8 kHz the resampler gives nothing for some blocks and two for the next.
    assert 190 <= len(chunks) <= 201


def test_close_ends_reading_soon_and_closes_the_device_and_may_come_twice() -> None:
    clock = ScriptedClock()
    fake = FakeMicrophone(clock, tone(16_000))
    microphone = Microphone(clock=clock, open_device=fake.open, wait=clock.wait)
    clock.at(500, microphone.close)
    clock.at(500, microphone.close)
    collect(microphone)
    assert clock.now_ms() == 500
    assert fake.open_count == 0


def test_reader_that_stops_closes_the_device() -> None:
    clock = ScriptedClock()
    fake = FakeMicrophone(clock, tone(16_000))
    items = Microphone(clock=clock, open_device=fake.open, wait=clock.wait).read()
    next(items)
    assert fake.open_count == 1
    del items
    assert fake.open_count == 0


@settings(max_examples=60, deadline=None)
@given(
    changes=st.lists(st.integers(20, 6_000), max_size=6),
    rate_hz=st.sampled_from([16_000, 44_100]),
    ends=st.booleans(),
    opens=st.booleans(),
)
def test_whatever_happens_to_the_device_stream_time_keeps_step_with_the_clock(
    changes: list[int], rate_hz: int, ends: bool, opens: bool
) -> None:
    clock = ScriptedClock()
    fake = FakeMicrophone(clock, tone(rate_hz), rate_hz=rate_hz)
    fake.ends_when_gone, fake.opens_when_gone = ends, opens
    at_ms = 0
    for index, step_ms in enumerate(changes):
        at_ms += step_ms
        clock.at(at_ms, fake.plug if index % 2 else fake.unplug)
    clock.at(at_ms + 10, fake.plug)
    pcm, _ = listen(fake, clock, at_ms + 5_000)
    # A pull of the plug that is too short to be noticed takes its time away, rounded up to whole blocks.
    unnoticed_ms = sum(step_ms + BLOCK_MS for step_ms in [*changes[1::2], 10] if step_ms <= STARVED_MS)
    assert at_ms + 5_000 - BLOCK_MS - unnoticed_ms <= len(pcm) / 16 <= at_ms + 5_000


def test_another_microphone_is_heard_at_once_and_nothing_is_told_as_lost() -> None:
    clock = ScriptedClock()
    fake = FakeMicrophone(clock, tone(16_000))
    microphone = Microphone(clock=clock, open_device=fake.open, wait=clock.wait)
    clock.at(2_010, lambda: microphone.choose("Yeti"))
    clock.at(4_010, microphone.close)
    pcm, states = collect(microphone)
    assert [s.state for s in states] == ["listening", "listening"]
    assert 2_000 <= states[1].at_ms <= 2_200
    assert fake.names == ["", "Yeti"]
    assert fake.open_count == 0
    assert len(pcm) >= 3_900 * 16
    assert pcm[-1_600:].any()


def test_chosen_microphone_that_is_not_there_is_told_and_waited_for() -> None:
    clock = ScriptedClock()
    fake = FakeMicrophone(clock, tone(16_000))
    microphone = Microphone(clock=clock, open_device=fake.open, wait=clock.wait)

    def choose() -> None:
        fake.is_plugged = False
        microphone.choose("Yeti")

    clock.at(2_010, choose)
    clock.at(5_010, fake.plug)
    clock.at(7_010, microphone.close)
    pcm, states = collect(microphone)
    assert [(s.state, s.detail) for s in states] == [("listening", ""), ("lost", NOT_THERE), ("listening", "")]
    assert states[1].at_ms <= 2_200
    assert 5_000 <= states[2].at_ms <= 6_100
    assert len(pcm) >= 6_800 * 16


def test_microphone_may_be_chosen_while_none_is_there() -> None:
    clock = ScriptedClock()
    fake = FakeMicrophone(clock, tone(16_000))
    fake.is_plugged = False
    microphone = Microphone("Old", clock=clock, open_device=fake.open, wait=clock.wait)
    clock.at(3_010, lambda: microphone.choose("Yeti"))
    clock.at(4_010, fake.plug)
    clock.at(6_010, microphone.close)
    _, states = collect(microphone)
    assert [s.state for s in states] == ["lost", "lost", "listening"]
    assert fake.names[-1] == "Yeti"
