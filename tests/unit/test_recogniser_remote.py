"""Hearing by a remote coach that drops, refuses and goes away; nothing that was said is lost or told twice."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np
import pytest

from martlive_desktop.adapters.cloud_client import CloudClient, SessionWish
from martlive_desktop.adapters.recogniser_remote import (
    BACK_SOON,
    HERE_AGAIN,
    HERE_NOW,
    MOST_BROKEN,
    Patience,
    RemoteRecogniser,
)
from martlive_desktop.core.errors import ModelMissing
from martlive_desktop.core.events import FRAME_MS, AudioChunk, Status, Transcript, Voice, Word
from tests.fakes.cable import Cable
from tests.fakes.cloud import KEY, FakeCloud, problem

if TYPE_CHECKING:
    from collections.abc import Callable

    from martlive_desktop.inference.worker import RecogniserConfig

pytestmark = pytest.mark.timeout(60)

CHUNK = 1_600
WITHIN_S = 10.0
MISSING = "The speech model whisper-base is not on this computer; run `martlive models pull whisper-base`."


class Local:
    """A recogniser of this computer: each second is a word, counted from where it began."""

    pid = 77

    def __init__(self) -> None:
        self.sound = np.zeros(0, np.int16)
        self.used: list[object] = []
        self._is_over = threading.Event()
        self.is_closed = False

    def feed(self, chunk: AudioChunk) -> None:
        assert chunk.start_sample == len(self.sound)
        self.sound = np.concatenate((self.sound, chunk.pcm))

    def finish(self) -> None:
        self._is_over.set()

    def results(self) -> Iterator[Voice | Transcript | Status]:
        yield Status(0, "recogniser", "ready")
        self._is_over.wait()
        if self.is_closed:
            return
        yield Voice(len(self.sound) // 16, (0.5,) * (len(self.sound) // 16 // FRAME_MS))
        seconds = [self.sound[at : at + 16_000] for at in range(0, len(self.sound), 16_000)]
        for number, second in enumerate(seconds):
            at_ms = number * 1000 + len(second) // 16
            word = Word(f"l{second[-1]}", number * 1000, at_ms, 0.9)
            yield Transcript(at_ms, is_final=True, utterance=number, text=word.text, words=(word,))

    def use(self, config: RecogniserConfig) -> None:
        self.used.append(config)

    def note_lagged_frames(self, share: float) -> None:
        self.used.append(share)

    def close(self) -> None:
        self.is_closed = True
        self._is_over.set()


def missing() -> Local:
    raise ModelMissing(MISSING, name="whisper-base")


class Show:
    """Feeds sound whose every second has its own value, and notes what is heard."""

    def __init__(self, remote: RemoteRecogniser, leaving: list[bool]) -> None:
        self.remote = remote
        self.leaving = leaving
        self.heard: list[Voice | Transcript | Status] = []
        self.fed = 0
        self._news = threading.Condition()
        self._thread = threading.Thread(target=self._listen, name="listen")
        self._thread.start()

    def _listen(self) -> None:
        for one in self.remote.results():
            with self._news:
                self.heard.append(one)
                self._news.notify_all()

    def speak(self, seconds: float) -> None:
        for _ in range(round(seconds * 10)):
            values = (self.fed + np.arange(CHUNK)) // 16_000 + 1
            self.remote.feed(AudioChunk(self.fed, values.astype(np.int16)))
            self.fed += CHUNK

    def wait_for(self, condition: Callable[[], bool]) -> None:
        with self._news:
            end_s = time.monotonic() + WITHIN_S
            while not condition():
                # What the service or the thread notes is not told here.
                self._news.wait(0.02)
                assert time.monotonic() < end_s, self.heard[-5:]

    def wait_for_finals(self, count: int) -> None:
        self.wait_for(lambda: len(self.finals) >= count)

    def wait_for_status(self, *states: str) -> None:
        self.wait_for(lambda: all(state in {one.state for one in self.statuses} for state in states))

    def end(self) -> None:
        self.remote.finish()
        self._thread.join(WITHIN_S + 20)
        assert not self._thread.is_alive()

    @property
    def finals(self) -> list[Transcript]:
        return [one for one in self.heard if isinstance(one, Transcript) and one.is_final]

    @property
    def words(self) -> list[str]:
        return [one.text for one in self.finals]

    @property
    def statuses(self) -> list[Status]:
        return [one for one in self.heard if isinstance(one, Status)]

    @property
    def voice_frames(self) -> int:
        return sum(len(one.probabilities) for one in self.heard if isinstance(one, Voice))

    def details(self, state: str) -> list[str]:
        return [one.detail for one in self.statuses if one.state == state]


@pytest.fixture
def cloud() -> Iterator[FakeCloud]:
    with FakeCloud().running() as cloud:
        yield cloud


@contextmanager
def showing(
    url: str, start_local: Callable[[], Local] = missing, patience: Patience | None = None, **options: object
) -> Iterator[Show]:
    leaving: list[bool] = []
    remote = RemoteRecogniser(
        CloudClient(url, KEY),
        SessionWish("en", ("Barkwell",)),
        start_local=start_local,
        on_leaving=leaving.append,
        patience=patience,
        **options,  # type: ignore[arg-type]
    )
    show = Show(remote, leaving)
    try:
        yield show
    finally:
        remote.close()
        show._thread.join()


def expected(seconds: int) -> list[str]:
    return [f"w{number + 1}" for number in range(seconds)]


def test_everything_is_heard_once_and_in_order(cloud: FakeCloud) -> None:
    with showing(cloud.url) as show:
        show.remote.wait_until_ready()
        show.speak(5.4)
        show.end()
    assert show.words == [*expected(5), "w6"]
    assert [one.utterance for one in show.finals] == [0, 1, 2, 3, 4, 5]
    assert [one.state for one in show.statuses] == ["loading", "ready"]
    assert show.voice_frames == 5 * (1000 // FRAME_MS) + 400 // FRAME_MS
    assert show.leaving == [True, False]
    assert cloud.erased == ["s1"]
    assert (cloud.wishes[0]["mode"], cloud.wishes[0]["names"], cloud.wishes[0]["voice"]) == (
        "recognise",
        ["Barkwell"],
        True,
    )


def test_dropped_connections_lose_nothing_and_each_has_its_own_ticket(cloud: FakeCloud) -> None:
    cloud.drop_at_ms = [600, 2_400, 2_600, 7_000, 9_800]
    with showing(cloud.url) as show:
        show.speak(12)
        show.end()
    assert show.words == expected(12)
    assert cloud.gaps == 0
    assert len(cloud.sound) == 12 * 32_000
    assert (len(cloud.opened), cloud.tickets) == (6, 6)
    assert cloud.opened == ["", "", "2000", "2000", "6000", "9000"]


def test_finals_that_are_told_twice_come_once(cloud: FakeCloud) -> None:
    cloud.twice = True
    cloud.acks = False
    cloud.drop_at_ms = [3_400]
    with showing(cloud.url) as show:
        show.speak(5)
        show.end()
    assert show.words == expected(5)
    assert show.voice_frames == 5 * (1000 // FRAME_MS)


def test_five_outages_of_25_s_of_sound_lose_nothing(cloud: FakeCloud) -> None:
    with Cable(cloud.port) as cable, showing(cable.url) as show:
        second = 0
        for _outage in range(5):
            show.speak(5)
            second += 5
            show.wait_for_finals(second)
            cable.pull()
            show.speak(25)
            second += 25
            cable.put_back()
            show.wait_for_finals(second)
        show.speak(2)
        show.end()
    assert show.words == expected(152)
    assert [one.utterance for one in show.finals] == list(range(152))
    assert cloud.gaps == 0
    assert show.details("device") == []


def test_break_is_told_and_so_is_how_late_the_words_are(cloud: FakeCloud) -> None:
    now_s = [0.0]
    with Cable(cloud.port) as cable, showing(cable.url, now_s=lambda: now_s[0]) as show:
        show.speak(2)
        show.wait_for_finals(2)
        cable.pull()
        show.speak(8)
        show.wait_for(lambda: not show.remote._is_ready)
        now_s[0] = 3.0
        show.wait_for_status("restarting")
        cable.put_back()
        now_s[0] = 9.0
        show.wait_for_finals(10)
        show.end()
    assert show.details("restarting") == [BACK_SOON]
    assert show.details("delayed") == ["8 s"]


def test_computer_goes_on_where_the_remote_coach_stopped(cloud: FakeCloud) -> None:
    local = Local()
    with Cable(cloud.port) as cable, showing(cable.url, lambda: local) as show:
        show.speak(3)
        show.wait_for_finals(3)
        cable.pull()
        show.speak(41)
        show.wait_for(lambda: show.remote.pid == 77)
        assert not show.remote.is_remote
        show.speak(1)
        show.end()
    assert show.details("device") == [HERE_AGAIN]
    assert show.words[:3] == expected(3)
    # It begins where the service needed no more, rounded up to whole frames of voice.
    begin_ms = 3_008
    assert show.finals[3].utterance == 3
    assert show.finals[3].words[0].start_ms == begin_ms
    assert show.finals[3].at_ms == begin_ms + 1000
    assert [one.utterance for one in show.finals] == list(range(len(show.finals)))
    assert len(local.sound) == 45 * 16_000 - begin_ms * 16
    # 3 s by one, with whole frames of each second, and all that follows by the other.
    voices = [one for one in show.heard if isinstance(one, Voice)]
    assert voices[-1].at_ms - len(voices[-1].probabilities) * FRAME_MS >= voices[-2].at_ms - FRAME_MS
    assert show.leaving == [True, False]


def test_nobody_hears_and_the_streamer_knows_what_to_do(cloud: FakeCloud) -> None:
    cloud.refusals["POST /v1/sessions"] = problem("quota-exceeded", 429)
    with showing(cloud.url) as show:
        show.wait_for_status("failed")
        show.remote.wait_until_ready()
        show.speak(1)
        assert show.remote.pid is None
        show.remote.note_lagged_frames(0.5)
        show.remote.use(None)
        show.end()
    [detail] = show.details("failed")
    assert detail.startswith("Today's quota at the remote coach is used up; MartLive goes on by itself.")
    assert detail.endswith(MISSING)
    assert show.leaving == []


def test_refusal_in_the_middle_of_a_stream_is_for_good(cloud: FakeCloud) -> None:
    local = Local()
    cloud.error_at_ms, cloud.error_problem = 2_600, problem("session-ended", 409)
    with showing(cloud.url, lambda: local) as show:
        show.speak(4)
        show.wait_for_status("device")
        show.remote.note_lagged_frames(0.25)
        show.remote.use("config")
        show.end()
    assert show.words[:2] == expected(2)
    assert show.finals[2].utterance == 2
    assert local.used == [0.25, "config"]
    assert len(local.sound) == 4 * 16_000 - 2_016 * 16


@pytest.mark.parametrize("name", ["draining", "session-taken", "at-capacity"])
def test_refusal_for_a_moment_is_waited_for(cloud: FakeCloud, name: str) -> None:
    is_retryable = name != "session-taken"
    cloud.error_at_ms = 2_600
    cloud.error_problem = problem(name, 503, retryable=is_retryable, retry_after_ms=10)
    with showing(cloud.url) as show:
        show.speak(4)
        show.end()
    assert show.words == expected(4)


def test_full_service_at_the_handshake_is_waited_for(cloud: FakeCloud) -> None:
    cloud.refusals["stream"] = problem("at-capacity", 503, retryable=True, retry_after_ms=1)
    with showing(cloud.url) as show:
        show.speak(1)
        show.wait_for(lambda: len(cloud.protocols) >= 2)
        del cloud.refusals["stream"]
        show.end()
    assert show.words == expected(1)
    assert cloud.protocols[0] == ["martlive.v1", "ticket.ticket-1"]


def test_remote_coach_that_never_answers_is_not_waited_for_long(cloud: FakeCloud) -> None:
    local = Local()
    cloud.is_mute = True
    with showing(cloud.url, lambda: local, Patience(first_s=0.2)) as show:
        show.speak(1)
        show.wait_for_status("device")
        show.end()
    assert len(local.sound) == 16_000


def test_last_words_are_not_waited_for_long(cloud: FakeCloud) -> None:
    local = Local()
    with (
        Cable(cloud.port) as cable,
        showing(cable.url, lambda: local, Patience(finish_s=0.2)) as show,
    ):
        show.speak(2)
        show.wait_for_finals(2)
        cable.pull()
        show.speak(1)
        show.end()
    assert show.words[:2] == expected(2)
    assert show.words[2:] == ["l3"]


def test_service_that_is_too_slow_is_left(cloud: FakeCloud) -> None:
    local = Local()
    cloud.acks = False
    with showing(cloud.url, lambda: local, Patience(full_ms=5_000)) as show:
        show.remote.wait_until_ready()
        show.speak(6)
        show.wait_for_status("device")
        show.end()


def test_streamer_sends_nothing_more_at_once(cloud: FakeCloud) -> None:
    local = Local()
    with Cable(cloud.port) as cable, showing(cable.url, lambda: local) as show:
        show.speak(2)
        show.wait_for_finals(2)
        show.remote.fall_back()
        show.wait_for_status("device")
        before = cable.bytes_up
        show.speak(10)
        show.end()
        # A second of sound is 32 kB; only the session is asked to be forgotten.
        assert cable.bytes_up < before + 2_000
    assert show.details("device") == [HERE_NOW]
    assert show.leaving == [True, False]
    assert cloud.erased == ["s1"]


@pytest.mark.parametrize(
    "message",
    [
        "no json",
        '{"type":"voice","at_ms":900000,"probabilities":[0.5]}',
        '{"type":"event","event":{"type":"transcript","at_ms":1,"final":true,"utterance":"0","text":"x","words":[]}}',
        '{"type":"event","event":{"type":"transcript","at_ms":1,"final":true,"utterance":0,"text":7,"words":[]}}',
        '{"type":"event","event":{"type":"transcript","at_ms":1,"final":true,"utterance":0,"text":"x",'
        '"words":[{"text":"x","start_ms":"0","end_ms":1,"probability":1}]}}',
        '{"type":"event","event":{"type":"transcript","at_ms":-1,"final":true,"utterance":0,"text":"x","words":[]}}',
    ],
)
def test_what_is_not_of_the_protocol_breaks_the_connection_and_nothing_else(cloud: FakeCloud, message: str) -> None:
    cloud.extra = ['{"type":"pace","partial_step_ms":2000,"sentence":"Busy."}', message]
    if "json" in message:
        cloud.extra = ['{"type":"ready"}']
    with showing(cloud.url) as show:
        show.speak(2)
        show.end()
    assert show.words == expected(2)
    assert len(cloud.opened) == 2


def test_service_of_another_version_is_left_for_good(cloud: FakeCloud) -> None:
    local = Local()
    cloud.spoiled = '{"type":"ready"}'
    with showing(cloud.url, lambda: local) as show:
        show.speak(2)
        show.wait_for_status("device")
        show.end()
    assert len(cloud.opened) == MOST_BROKEN
    assert show.words == ["l1", "l2"]


def test_close_ends_everything_at_once(cloud: FakeCloud) -> None:
    with showing(cloud.url) as show:
        show.speak(1)
        show.wait_for_finals(1)
    assert cloud.erased == ["s1"]


def test_close_while_nobody_answers(cloud: FakeCloud) -> None:
    with Cable(cloud.port) as cable:
        cable.pull()
        with showing(cable.url) as show:
            show.speak(1)
    assert show.finals == []
