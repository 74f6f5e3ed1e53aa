"""The standing connection to OBS: what it does, what it loses, and what MartLive wants of it."""

from __future__ import annotations

import contextlib
import logging
import queue
import threading
import time
from collections import deque
from concurrent.futures import Future
from typing import TYPE_CHECKING, TypeVar

from martlive_desktop.adapters.obs import NOT_FOUND, connected
from martlive_desktop.core.errors import MartLiveError, ObsUnavailable
from martlive_desktop.core.obs_state import ObsState

if TYPE_CHECKING:
    from collections.abc import Callable

    from martlive_desktop.adapters.obs import ObsConnection

log = logging.getLogger(__name__)

T = TypeVar("T")

ASK_EVERY_S = 2.0
"""60 frames at 30 a second; OBS itself shows these numbers as often."""

ANSWER_WITHIN_S = 5.0
"""To draw a picture or to start an encoder takes a busy computer seconds."""

WAKE_EVERY_S = 0.1
"""Nobody notices a wish that waits so long; events do not wait."""

RETRY_AFTER_S, RETRY_AT_MOST_AFTER_S = 2.0, 60.0
"""Streamers start OBS before or after MartLive: soon at first, then seldom enough to cost nothing."""

RETURN_AT_MOST_AFTER_S = 4.0
"""Where OBS was there before, somebody waits for it: MartLive is to be back within 5 s."""

CLOSE_POLITELY_WITHIN_S, CLOSE_WITHIN_S = 1.5, 1.0
"""First OBS may answer what it was asked, then the connection is cut."""

CAPTION_EVERY_S = 0.5
"""Captions that change faster cannot be read."""

EVENT_KINDS = 1 << 0 | 1 << 2 | 1 << 3 | 1 << 4 | 1 << 6 | 1 << 7
"""General, scenes, inputs, transitions, outputs and scene items; meters and whatever else comes many times a second are
not among them. Source: obs-websocket's protocol.md, "EventSubscription"."""

EXIT = "ExitStarted"

CHANGES = frozenset(
    {
        "CurrentProgramSceneChanged",
        "InputCreated",
        "InputMuteStateChanged",
        "InputRemoved",
        "RecordStateChanged",
        "SceneItemEnableStateChanged",
        "SceneTransitionEnded",
        "StreamStateChanged",
    }
)
"""Events after which a part of `ObsState` may be another. A source becomes active only with the end of a transition."""

MICROPHONE_KINDS = frozenset(
    {"pulse_input_capture", "alsa_input_capture", "wasapi_input_capture", "coreaudio_input_capture"}
)

GONE = "OBS has closed or its WebSocket server is off; start it again, and MartLive is back by itself."


class ObsLink:
    """Keeps one connection to OBS, from a thread of its own, and finds OBS again when it comes back.

    Callbacks come from that thread; none comes after `close`.
    """

    def __init__(
        self,
        host: str,
        port: int,
        read_password: Callable[[], str | None],
        *,
        on_state: Callable[[ObsState], None] = lambda _: None,
        on_lost_share: Callable[[float], None] = lambda _: None,
    ) -> None:
        """Start.

        Args:
            host: Where OBS runs.
            port: Of its WebSocket server.
            read_password: Called before each try, and may take its time.
            on_state: Gets every state that differs from the one before.
            on_lost_share: Gets the share of frames that OBS lost lately, 0 to 1, every ASK_EVERY_S; 0 when OBS goes.
        """
        self._host = host
        self._port = port
        self._read_password = read_password
        self._on_state = on_state
        self._on_lost_share = on_lost_share
        self._state = ObsState()
        self._was_there = False
        self._obs: ObsConnection | None = None
        self._jobs: queue.SimpleQueue[Callable[[ObsConnection | None], None]] = queue.SimpleQueue()
        self._caption: deque[str] = deque(maxlen=1)
        self._caption_s = 0.0
        self._takes_captions = True
        self._closing = threading.Event()
        self._waking = threading.Event()
        # A keyring that waits for its user, or a name server, may hold it longer than `close` may last.
        self._thread = threading.Thread(target=self._run, name="martlive-obs", daemon=True)
        self._thread.start()

    @property
    def state(self) -> ObsState:
        """The newest."""
        return self._state

    def retry(self) -> None:
        """Try now, where the next try lies in the future."""
        self._waking.set()

    def call(self, work: Callable[[ObsConnection], T]) -> Future[T]:
        """Do `work` with the connection on the thread of the link; what it gives or raises is the future's.

        Without a connection one more try is made; `ObsUnavailable` says why it is in vain.
        """
        future: Future[T] = Future()

        def job(obs: ObsConnection | None) -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                if obs is None:
                    raise ObsUnavailable(self._state.trouble or NOT_FOUND)
                future.set_result(work(obs))
            except MartLiveError as exc:
                future.set_exception(exc)

        self._jobs.put(job)
        self._waking.set()
        if self._closing.is_set():
            self._work(None)
        return future

    def send_caption(self, text: str) -> None:
        """Give viewers `text` as closed captions, if a stream is on that takes any; the newest replaces what still waits."""
        self._caption.append(text)

    def close(self) -> None:
        """End within 3 s; what was called for and is not done raises `ObsUnavailable`."""
        self._closing.set()
        self._waking.set()
        self._thread.join(CLOSE_POLITELY_WITHIN_S)
        if self._obs is not None:
            self._obs.abort()
        self._thread.join(CLOSE_WITHIN_S)
        self._work(None)

    def _run(self) -> None:
        retry_after_s = RETRY_AFTER_S
        while not self._closing.is_set():
            self._waking.clear()
            try:
                self._connect()
            except ObsUnavailable as exc:
                log.info("no news from OBS", extra={"reason": str(exc), "was_connected": self._state.is_connected})
                if self._state.is_connected:
                    retry_after_s = RETRY_AFTER_S
                trouble = GONE if self._was_there and str(exc) == NOT_FOUND else str(exc)
                self._tell(ObsState(trouble=trouble))
            if self._closing.is_set():
                return
            self._on_lost_share(0.0)
            self._work(None)
            if self._waking.wait(retry_after_s):
                retry_after_s = RETRY_AFTER_S
            else:
                most_s = RETURN_AT_MOST_AFTER_S if self._was_there else RETRY_AT_MOST_AFTER_S
                retry_after_s = min(2 * retry_after_s, most_s)

    def _connect(self) -> None:
        password, wait_s = self._read_password(), ANSWER_WITHIN_S
        try:
            with connected(
                self._host, self._port, password, answer_within_s=wait_s, event_kinds=EVENT_KINDS
            ) as self._obs:
                self._follow(self._obs)
        finally:
            self._obs = None

    def _follow(self, obs: ObsConnection) -> None:
        """Tell what happens, and do what is wanted, until `close`."""
        earlier, asked_s = obs.frames(), time.monotonic()
        self._was_there = True
        self._tell(_read_state(obs))
        while not self._closing.is_set():
            self._work(obs)
            self._say_caption(obs)
            if self._has_changed(obs):
                self._tell(_read_state(obs))
            if time.monotonic() - asked_s >= ASK_EVERY_S:
                now, asked_s = obs.frames(), time.monotonic()
                self._on_lost_share(now.lost_share_since(earlier))
                earlier = now
                # Settings and collections of scenes change without an event of their own.
                self._tell(_read_state(obs))

    def _has_changed(self, obs: ObsConnection) -> bool:
        """Wait for events; whether any of those that came says so."""
        has_changed, within_s = False, WAKE_EVERY_S
        while (event := obs.next_event(within_s)) is not None:
            # OBS does not survive questions while it ends.
            if event == EXIT:
                raise ObsUnavailable(NOT_FOUND)
            has_changed, within_s = has_changed or event in CHANGES, 0.0
        return has_changed

    def _work(self, obs: ObsConnection | None) -> None:
        with contextlib.suppress(queue.Empty):
            while True:
                self._jobs.get_nowait()(obs)

    def _say_caption(self, obs: ObsConnection) -> None:
        if not self._caption or time.monotonic() - self._caption_s < CAPTION_EVERY_S:
            return
        text = self._caption.popleft()
        if self._state.is_streaming and self._takes_captions:
            self._caption_s = time.monotonic()
            self._takes_captions = obs.try_ask("SendStreamCaption", captionText=text) is not None

    def _tell(self, state: ObsState) -> None:
        if state == self._state or self._closing.is_set():
            return
        if not state.is_streaming:
            self._takes_captions = True
        self._state = state
        self._on_state(state)


def _read_state(obs: ObsConnection) -> ObsState:
    """What OBS does now."""
    return ObsState(
        is_connected=True,
        version=str(obs.ask("GetVersion").get("obsVersion", "")),
        is_streaming=obs.ask("GetStreamStatus").get("outputActive") is True,
        is_recording=obs.ask("GetRecordStatus").get("outputActive") is True,
        scene=str(obs.ask("GetCurrentProgramScene").get("currentProgramSceneName", "")),
        is_muted=_is_muted(obs),
    )


def _is_muted(obs: ObsConnection) -> bool:
    special = obs.ask("GetSpecialInputs")
    inputs = obs.ask_list("GetInputList", "inputs")
    found = [special.get(f"mic{number}") for number in (1, 2, 3, 4)]
    found += [one.get("inputName") for one in inputs if str(one.get("unversionedInputKind")) in MICROPHONE_KINDS]
    names = {name for name in found if isinstance(name, str) and name}
    mutes = [
        mute.get("inputMuted") is True
        for name in sorted(names)
        if (source := obs.try_ask("GetSourceActive", sourceName=name)) and source.get("videoActive") is True
        if (mute := obs.try_ask("GetInputMute", inputName=name))
    ]
    return bool(mutes) and all(mutes)
