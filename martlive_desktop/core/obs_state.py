"""What is known of OBS, as values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class ObsState:
    """What is known of OBS; without a connection, nothing but the trouble."""

    is_connected: bool = False
    trouble: str = ""
    """One sentence that says what to do; empty while connected, and before the first try."""
    version: str = ""
    is_streaming: bool = False
    is_recording: bool = False
    scene: str = ""
    """The one that viewers see."""
    is_muted: bool = False
    """There are microphones in what OBS sends out, and all of them are muted."""

    @property
    def sound(self) -> Literal["muted", "unmuted", "gone"]:
        """The state of the status `obs`: muted only while somebody could hear it."""
        if not self.is_connected:
            return "gone"
        return "muted" if self.is_muted and (self.is_streaming or self.is_recording) else "unmuted"
