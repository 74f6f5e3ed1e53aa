"""Plays a recording's sound or chat no faster than it happened."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator

    from martlive_desktop.ports import Clock


class Timed(Protocol):
    """Happened at a stream time."""

    @property
    def at_ms(self) -> int: ...


T = TypeVar("T", bound=Timed)
T_co = TypeVar("T_co", bound=Timed, covariant=True)


class Source(Protocol[T_co]):
    """Gives what happened, in order."""

    def read(self) -> Iterator[T_co]: ...

    def close(self) -> None: ...


class Paced(Generic[T]):
    """Gives what `source` gives, each no sooner than its time; the stream begins when the clock does."""

    def __init__(self, source: Source[T], clock: Clock) -> None:
        self._source = source
        self._clock = clock
        self._closed = threading.Event()

    def read(self) -> Iterator[T]:
        for item in self._source.read():
            while (left_ms := item.at_ms - self._clock.now_ms()) > 0:
                if self._closed.wait(left_ms / 1000):
                    return
            yield item

    def close(self) -> None:
        """End `read` at once; may be called from another thread."""
        self._closed.set()
        self._source.close()
