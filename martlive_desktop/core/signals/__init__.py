"""One detector per family: each observes events and gives signals, and says which conditions hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from martlive_desktop.core.events import Cue, Input, LogEvent


class Detector(Protocol):
    """Watches one family of conditions; holds state, never a clock.

    The session calls `observe` for every input and every raised cue, with `now_ms`, the newest stream time seen so
    far (it never goes back, though `event.at_ms` may lie a little behind it: recognition takes time). It then asks
    for `cues`. It raises a condition once when it begins to hold, and again after its cooldown while it still holds;
    a detector needs no memory of what was raised.
    """

    def observe(self, event: Input | Cue, now_ms: int) -> Sequence[LogEvent]:
        """Take in what happened; give what is worth keeping: about one measurement a second, what became of the plan."""
        ...

    def cues(self, now_ms: int) -> Sequence[Cue]:
        """Every condition that holds at `now_ms`, at most one of a kind; cheap, called some 20 times a second."""
        ...
