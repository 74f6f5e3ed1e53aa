"""The desktop's recogniser through a real gateway, over a cable that is pulled out and services that are killed."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np
import pytest

from martlive_desktop.adapters.cloud_client import CloudClient, SessionWish
from martlive_desktop.adapters.recogniser_remote import RemoteRecogniser
from martlive_desktop.core.errors import ModelMissing, RemoteRefused
from martlive_desktop.core.events import AudioChunk, Status, Transcript, Voice
from tests.cloud.gateway_stream_parts import Edge, FakeAsr, gateway
from tests.fakes.cable import Cable

pytestmark = [pytest.mark.real, pytest.mark.timeout(120)]

WITHIN_S = 20.0
CHUNK = 1_600


class Cloud:
    """A gateway and its asr on a loop of their own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="cloud")
        self._is_up = threading.Event()
        self.asr = FakeAsr()
        self.edge: Edge | None = None
        self.key = ""

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.run_until_complete(self._serve())
        self.loop.close()

    async def _serve(self) -> None:
        self._over = asyncio.Event()
        async with self.asr, gateway(self._folder, [self.asr.url]) as edge:
            self.edge = edge
            self.key = (await edge.store.create_key(edge.tenant, "desktop", ("stream",)))[1]
            self._is_up.set()
            await self._over.wait()

    def __enter__(self) -> Cloud:
        self._thread.start()
        assert self._is_up.wait(WITHIN_S)
        return self

    def __exit__(self, *_: object) -> None:
        self.loop.call_soon_threadsafe(self._over.set)
        self._thread.join()

    def kill_asr(self) -> None:
        self.loop.call_soon_threadsafe(self.asr.kill)

    @property
    def port(self) -> int:
        assert self.edge is not None
        return self.edge.port


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Cloud]:
    with Cloud(tmp_path) as cloud:
        yield cloud


def missing() -> None:
    raise ModelMissing("There is no model here.", name="whisper-base")


class Show:
    def __init__(self, remote: RemoteRecogniser) -> None:
        self.remote = remote
        self.heard: list[Voice | Transcript | Status] = []
        self._fed = 0
        self._news = threading.Condition()
        self._thread = threading.Thread(target=self._listen, name="listen")
        self._thread.start()

    def _listen(self) -> None:
        for one in self.remote.results():
            with self._news:
                self.heard.append(one)
                self._news.notify_all()

    def speak(self, seconds: int) -> None:
        for _ in range(seconds * 10):
            self.remote.feed(AudioChunk(self._fed, np.full(CHUNK, 7, np.int16)))
            self._fed += CHUNK

    def wait_for_finals(self, count: int) -> None:
        with self._news:
            assert self._news.wait_for(lambda: len(self.finals) >= count, WITHIN_S), self.heard[-5:]

    def end(self) -> list[Transcript]:
        self.remote.finish()
        self._thread.join(WITHIN_S)
        assert not self._thread.is_alive()
        return self.finals

    @property
    def finals(self) -> list[Transcript]:
        return [one for one in self.heard if isinstance(one, Transcript) and one.is_final]

    @property
    def frames(self) -> int:
        return sum(len(one.probabilities) for one in self.heard if isinstance(one, Voice))


@contextmanager
def showing(url: str, key: str) -> Iterator[Show]:
    client = CloudClient(url, key)
    with closing(RemoteRecogniser(client, SessionWish("en"), start_local=missing)) as remote:  # type: ignore[arg-type]
        yield Show(remote)


def test_five_cuts_change_nothing(cloud: Cloud) -> None:
    with showing(f"http://127.0.0.1:{cloud.port}", cloud.key) as show:
        show.speak(20)
        unbroken = show.end()
        unbroken_frames = show.frames
    with Cable(cloud.port) as cable, showing(cable.url, cloud.key) as show:
        for second in range(0, 20, 4):
            show.speak(1)
            show.wait_for_finals(second + 1)
            cable.pull()
            show.speak(3)
            cable.put_back()
            show.wait_for_finals(second + 4)
        broken = show.end()
        assert cable.connections > 5
    assert broken == unbroken
    assert [one.utterance for one in broken] == list(range(20))
    assert show.frames == unbroken_frames
    assert [one.state for one in show.heard if isinstance(one, Status)] == ["loading", "ready"]


def test_killed_asr_changes_nothing(cloud: Cloud) -> None:
    with showing(f"http://127.0.0.1:{cloud.port}", cloud.key) as show:
        for second in range(1, 9):
            show.speak(1)
            if second % 2:
                show.wait_for_finals(second)
                cloud.kill_asr()
        finals = show.end()
    assert [one.utterance for one in finals] == list(range(8))
    assert len(cloud.asr.opens) > 3


def test_connection_is_tried_as_the_settings_do(cloud: Cloud) -> None:
    url = f"http://127.0.0.1:{cloud.port}"
    with closing(CloudClient(url, cloud.key)) as client:
        check = client.check(frozenset({"recognition"}))
        assert (check.step, check.is_fine) == ("", True)
        # This key may stream and nothing else.
        assert client.check().step == "scope"
    with closing(CloudClient(url, "mlk_nobody_nothing")) as client:
        assert client.check().step == "key"


def test_session_that_was_erased_is_refused(cloud: Cloud) -> None:
    with closing(CloudClient(f"http://127.0.0.1:{cloud.port}", cloud.key)) as client:
        session = client.session(SessionWish("en", ("Dew serum",)))
        client.erase(session.id)
        with pytest.raises(RemoteRefused) as failed, client.stream(session.id, session.ticket):
            pass
        assert not failed.value.is_retryable
        client.erase(session.id)
