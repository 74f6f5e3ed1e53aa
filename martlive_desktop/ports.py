"""The edges of the program: what the pipeline asks of the outside, in one or two methods each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from martlive_desktop.core.coach.drafting import DraftRequest
    from martlive_desktop.core.events import AudioChunk, Chat, LogEvent, Loopback, Status, Transcript, Voice


class AudioSource(Protocol):
    """Sound of the stream, from its first sample on, without gaps."""

    def read(self) -> Iterator[AudioChunk | Status]:
        """Chunks in order, each at most 100 ms; blocks until the next is there; ends when the stream does.

        A live source gives silence while its device is lost, so that stream time goes on; a `Status` says so.

        Raises:
            MicrophoneUnavailable: a device cannot be opened.
            MediaUnreadable: a recording cannot be read, or has no sound.
        """
        ...

    def close(self) -> None:
        """End `read` soon; may be called from another thread, and twice."""
        ...


class ChatSource(Protocol):
    """Lines of the chat, in order."""

    def read(self) -> Iterator[Chat]: ...

    def close(self) -> None: ...


class LoopbackSource(Protocol):
    """What the computer plays, in blocks as it plays them."""

    def read(self) -> Iterator[Loopback]: ...

    def close(self) -> None: ...


class Transcriber(Protocol):
    """Recognises speech in its own process; audio that was fed is never lost, whatever happens to that process."""

    def feed(self, chunk: AudioChunk) -> None:
        """Take audio; never waits. Chunks follow each other without a gap."""
        ...

    def finish(self) -> None:
        """No more audio comes: the last utterance is finalised, then `results` ends."""
        ...

    def results(self) -> Iterator[Voice | Transcript | Status]:
        """What was heard, in the order of `at_ms`; blocks; ends after `finish`, or after `close`."""
        ...

    def close(self) -> None: ...


class TipWriter(Protocol):
    """Words tips with a language model; may be slow, wrong or gone."""

    def ask(self, request: DraftRequest, tell: Callable[[str], None]) -> None:
        """Ask for an answer; never waits. `tell` gets it on another thread: once, an empty text, or never."""
        ...

    def close(self) -> None: ...


class Clock(Protocol):
    """Time that passes by itself."""

    def now_ms(self) -> int:
        """Milliseconds since the clock was made; never goes back."""
        ...

    def wait_until(self, at_ms: int) -> None:
        """Return when `now_ms()` has reached `at_ms`."""
        ...


class Store(Protocol):
    """Keeps sessions."""

    def append(self, event: LogEvent) -> None:
        """Take an event; on disk within one second. Never raises: trouble comes as a `Status` to the listener."""
        ...

    def close(self) -> None:
        """Write what is left and mark the session as complete."""
        ...
