"""The edges of the program: what the pipeline asks of the outside, in one or two methods each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import numpy as np
    from numpy.typing import NDArray

    from martlive_desktop.core.chat_panel import Reading
    from martlive_desktop.core.coach.drafting import DraftRequest
    from martlive_desktop.core.events import AudioChunk, Chat, LogEvent, Loopback, Screen, Status, Transcript, Voice
    from martlive_desktop.core.hotkeys import Combination
    from martlive_desktop.core.picture import Picture


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

    def read(self) -> Iterator[Chat | Status]:
        """Lines as they come; a `Status` of the part `chat` says when none can be read."""
        ...

    def close(self) -> None: ...


class ScreenSource(Protocol):
    """What viewers see; measurements and words leave it, pictures never do."""

    def read(self) -> Iterator[Screen | Chat | Status]:
        """States in order: at each change, and at least every 10 s while pictures come; in a review the chat on them, too."""
        ...

    def close(self) -> None: ...


class PictureSource(Protocol):
    """Pictures of what viewers see, one or two a second."""

    def read(self) -> Iterator[Picture | Status]:
        """Pictures in order; blocks until the next is due. A `Status` says when there are none, or again some."""
        ...

    def close(self) -> None: ...


class TextReader(Protocol):
    """Reads the rows of text in a picture, in its own process."""

    @property
    def pid(self) -> int | None:
        """The process that reads now."""
        ...

    def read(self, pixels: NDArray[np.uint8]) -> Reading | None:
        """The rows of `pixels`, BGR of shape (height, width, 3); blocks; None where the process failed."""
        ...

    def stop(self) -> None:
        """End the process; the next picture starts another one."""
        ...

    def close(self) -> None:
        """Let `read` end soon; may be called from another thread."""
        ...


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


class Hotkeys(Protocol):
    """Keys that work in every window, held for actions; used from one thread, and tells presses on any."""

    @property
    def conflicts(self) -> tuple[str, ...]:
        """The actions whose keys could not be had: another program, or an earlier action, holds them."""
        ...

    def rebind(self, wanted: Mapping[str, str]) -> None:
        """Let all keys go and take those of `wanted`, keys by action, instead; `conflicts` is then new.

        Raises:
            SettingsInvalid: a text is no keys; those held before stay.
            MartLiveError: the system does not answer.
        """
        ...

    def is_free(self, combination: Combination) -> bool:
        """Whether it could be taken now; keys that we hold ourselves are free.

        Raises:
            MartLiveError: the system does not answer.
        """
        ...

    def close(self) -> None:
        """Let all keys go; may be called twice."""
        ...
