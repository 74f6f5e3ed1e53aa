"""One show in the cloud: the desktop's session, fed from a stream; without any input or output, for one thread."""

from __future__ import annotations

import dataclasses
import unicodedata
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias, TypeVar

import numpy as np

from cloud_api.coach.packs import pack
from cloud_api.coach.pictures import decode
from martlive_desktop.adapters.resource_files import resource_path
from martlive_desktop.coaching import build_session
from martlive_desktop.core.coach.drafting import Drafter
from martlive_desktop.core.events import (
    FRAME_MS,
    AudioChunk,
    Chat,
    Dismiss,
    Draft,
    Mark,
    NextItem,
    Question,
    Tick,
    Tip,
    Toggle,
    Transcript,
    Voice,
    ms_to_samples,
    to_json,
)
from martlive_desktop.core.picture import Picture, ScreenNews
from martlive_desktop.core.sight import Sight
from martlive_desktop.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from martlive_desktop.core.coach.drafting import DraftRequest, Skill
    from martlive_desktop.core.events import Input, LogEvent
    from martlive_desktop.core.frames import Frame
    from martlive_desktop.core.plan import ShowPlan
    from martlive_desktop.core.scenes import SceneLook

Command: TypeAlias = Literal["dismiss", "mark", "next_item", "on", "off"]

AHEAD_MS = 5_000
"""How far time goes on without sound: a network stalls for longer, and then the sound comes after all."""

LONGEST_GAP_MS = 60_000
"""Sound that was lost with a link counts as silence; what is away for longer than a client keeps sound is another show."""

SILENCE_MS = 1_000
"""Silence goes into the session in such pieces."""

MOST_EARLY = 50
"""Lines of the chat and commands that wait for the first sound, which says when the show begins."""

USER_CHARACTERS = 40
TEXT_CHARACTERS = 300
"""Of a line of the chat: more than platforms let through."""

_JOINERS = "\u200c\u200d"
"""Format characters that words and emoji need."""

E = TypeVar("E", "Input", "LogEvent")


@dataclass(frozen=True, slots=True)
class Opening:
    """What a show begins with."""

    plan: ShowPlan
    looks: tuple[SceneLook, ...] = ()
    skill: Skill | None = None
    """Of the model that words tips; None: there is none."""


class Show:
    """What comes out are lines of events.jsonl; sound, voice and words that come again after a reconnect count once.

    The session's own time begins with the first sound that this show gets, so that a show which goes on here after
    another instance died begins as any show does.
    """

    def __init__(self, opening: Opening, ask: Callable[[DraftRequest], None], now_ms: Callable[[], int]) -> None:
        """`ask` returns at once, its answer comes to `draft`; `now_ms` is a clock that never goes back."""
        self._opening = opening
        self._ask = ask
        self._now_ms = now_ms
        self._sight = Sight(Settings().signals.picture, opening.looks)
        self._news = ScreenNews()
        self._early: deque[Callable[[], list[str]]] = deque(maxlen=MOST_EARLY)
        self._is_attached = self._is_finished = False
        self._begin(None)

    def _begin(self, origin_ms: int | None) -> None:
        plan, skill = self._opening.plan, self._opening.skill
        self._session = build_session(plan, Settings())
        if skill is not None:
            words = pack(plan.language)
            prompts = {path.stem: path.read_text(encoding="utf-8") for path in resource_path("prompts").glob("*.txt")}
            drafter = Drafter(skill if words.is_english else "span", prompts, words.templates, words.grounding)
            self._session.use_writer(drafter, self._ask)
        self._origin_ms = origin_ms
        self._heard_ms = self._voice_ms = origin_ms or 0
        self._heard_at_ms = self._began_ms = self._now_ms()
        self._final = -1

    @property
    def heard_through_ms(self) -> int:
        """Stream time up to which sound was heard."""
        return self._heard_ms

    def attach(self) -> None:
        """A stream is there."""
        self._is_attached = True
        self._heard_at_ms = self._now_ms()

    def detach(self) -> None:
        """The stream is gone: no time passes before it is back."""
        self._is_attached = False

    def sound(self, frame: Frame) -> list[str]:
        """Hear PCM16; frames of one stream follow each other, and the first may overlap what was heard."""
        if self._is_finished or frame.end_ms <= self._heard_ms:
            return []
        out: list[str] = []
        if self._origin_ms is None or frame.capture_ms - self._heard_ms > LONGEST_GAP_MS:
            if self._origin_ms is None:
                self._origin_ms = self._heard_ms = self._voice_ms = frame.capture_ms
                self._began_ms = self._now_ms()
            else:
                self._begin(frame.capture_ms)
            while self._early:
                out += self._early.popleft()()
        while (gap_ms := min(frame.capture_ms - self._heard_ms, SILENCE_MS)) > 0:
            out += self._hear(np.zeros(ms_to_samples(gap_ms), np.int16))
        pcm = np.frombuffer(frame.payload, "<i2").astype(np.int16, copy=False)
        return out + self._hear(pcm[ms_to_samples(self._heard_ms - frame.capture_ms) :])

    def _hear(self, pcm: np.ndarray[tuple[int], np.dtype[np.int16]]) -> list[str]:
        assert self._origin_ms is not None
        chunk = AudioChunk(ms_to_samples(self._heard_ms - self._origin_ms), pcm)
        self._heard_ms += len(pcm) // ms_to_samples(1)
        self._heard_at_ms = self._now_ms()
        return self._handle(chunk)

    def voice(self, at_ms: int, probabilities: Sequence[float]) -> list[str]:
        """Take voice decisions; those that were taken before are passed over."""
        new = min(len(probabilities), max(0, at_ms - self._voice_ms) // FRAME_MS)
        if self._origin_ms is None or not new:
            return []
        self._voice_ms = at_ms
        return self._handle(_moved(Voice(at_ms, tuple(probabilities[-new:])), -self._origin_ms))

    def words(self, transcript: Transcript) -> list[str]:
        """Take what was recognised; of an utterance that is final nothing more is taken."""
        if self._origin_ms is None or transcript.utterance <= self._final:
            return []
        if transcript.is_final:
            self._final = transcript.utterance
        return self._handle(_moved(transcript, -self._origin_ms))

    def chat(self, at_ms: int, user: str, text: str) -> list[str]:
        """Take a line of the chat; it cannot be from the future."""
        name, line = one_line(user, USER_CHARACTERS), one_line(text, TEXT_CHARACTERS)
        if not name or not line:
            return []
        if self._origin_ms is None:
            self._early.append(lambda: self.chat(at_ms, user, text))
            return []
        return self._handle(_moved(Chat(min(at_ms, self._stream_ms()), name, line, "stream"), -self._origin_ms))

    def command(self, what: Command) -> list[str]:
        """Do what the streamer asks for."""
        if self._origin_ms is None:
            self._early.append(lambda: self.command(what))
            return []
        at_ms = self._stream_ms() - self._origin_ms
        match what:
            case "dismiss":
                return self._handle(Dismiss(at_ms))
            case "mark":
                return self._handle(Mark(at_ms))
            case "next_item":
                return self._handle(NextItem(at_ms))
            case "on" | "off":
                return self._handle(Toggle(at_ms, what == "on"))

    def draft(self, cue: str, answer: str) -> list[str]:
        """Take what the model wrote for `cue`; empty: nothing."""
        return self._handle(Draft(0, cue, answer))

    def picture(self, frame: Frame) -> list[str]:
        """Measure a picture, which is gone then.

        Raises:
            Refusal: it is none.
        """
        pixels = decode(frame.kind, frame.payload)
        if self._origin_ms is None:
            return []
        screen = self._sight.see(Picture(frame.capture_ms, pixels))
        out: list[str] = []
        for news in self._news.of(screen):
            # After an outage the newest picture comes before the sound that led up to it.
            at_ms = min(frame.capture_ms, self._stream_ms())
            out += self._handle(_moved(dataclasses.replace(news, at_ms=at_ms), -self._origin_ms))
        return out

    def tick(self) -> list[str]:
        """Time passes."""
        if not self._is_attached or self._origin_ms is None:
            return []
        return self._handle(Tick(self._stream_ms() - self._origin_ms))

    def finish(self) -> list[str]:
        """The show is over."""
        if self._is_finished:
            return []
        self._is_finished = True
        return self._lines(self._session.finish(0))

    def _stream_ms(self) -> int:
        if not self._is_attached:
            return self._heard_ms
        return self._heard_ms + min(self._now_ms() - self._heard_at_ms, AHEAD_MS)

    def _handle(self, event: Input) -> list[str]:
        return [] if self._is_finished else self._lines(self._session.handle(event, 0))

    def _lines(self, events: Sequence[LogEvent]) -> list[str]:
        origin_ms = self._origin_ms or 0
        emitted_ms = origin_ms + self._now_ms() - self._began_ms
        out: list[str] = []
        for event in events:
            if isinstance(event, Transcript):
                continue
            if isinstance(event, Tip) and event.source == "local":
                event = dataclasses.replace(event, source="remote")
            out.append(to_json(dataclasses.replace(_moved(event, origin_ms), emitted_ms=emitted_ms)))
        return out


def _moved(event: E, by_ms: int) -> E:
    """`event` at another time, at 0 where that is before the show."""
    if not by_ms:
        return event
    changed: dict[str, object] = {"at_ms": max(0, event.at_ms + by_ms)}
    if isinstance(event, Tip):
        changed["expires_ms"] = event.expires_ms + by_ms
    elif isinstance(event, Question):
        changed["asked_ms"] = event.asked_ms + by_ms
    elif isinstance(event, Transcript):
        changed["words"] = tuple(
            dataclasses.replace(word, start_ms=max(0, word.start_ms + by_ms), end_ms=max(0, word.end_ms + by_ms))
            for word in event.words
        )
    return dataclasses.replace(event, **changed)  # type: ignore[arg-type]


def one_line(text: str, most: int) -> str:
    """`text` on one line without control, direction and half characters, at most `most` characters."""
    # Cs: a lone surrogate cannot be written as UTF-8. Cf: direction marks let one name pass for another.
    spaced = "".join(" " if unicodedata.category(one) == "Cc" else one for one in text)
    kept = "".join(one for one in spaced if one in _JOINERS or unicodedata.category(one) not in {"Cf", "Cs"})
    return " ".join(kept.split())[:most].rstrip()
