"""Chat from a file: one JSON object a line, with `at_ms`, `user` and `text`."""

from __future__ import annotations

import json
import threading
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING

from martlive_desktop.core.errors import UsageError
from martlive_desktop.core.events import Chat

if TYPE_CHECKING:
    from collections.abc import Iterator

USER_LENGTH = 40
"""Characters of a name: more than the 25 of Twitch and the 30 of YouTube handles."""

TEXT_LENGTH = 300
"""Characters of a line: more than the 200 of YouTube; the overlay shows fewer."""

_JOINERS = "\u200c\u200d"
"""Format characters that words and emoji need."""


def clean(text: str, length: int) -> str:
    """`text` on one line without control, direction and half characters, at most `length` characters."""
    # Cs: a lone surrogate cannot be written as UTF-8. Cf: direction marks let one name pass for another.
    spaced = "".join(" " if unicodedata.category(c) == "Cc" else c for c in text)
    kept = "".join(c for c in spaced if c in _JOINERS or unicodedata.category(c) not in {"Cf", "Cs"})
    return " ".join(kept.split())[:length].rstrip()


def _parse(line: bytes) -> Chat | None:
    """The chat line written as `line`, or None where it is none."""
    try:
        match json.loads(line.decode("utf-8-sig")):
            case {"at_ms": bool()}:
                return None
            case {"at_ms": int() | float() as at_ms, "user": str(user), "text": str(text)} if at_ms >= 0:
                name, words = clean(user, USER_LENGTH), clean(text, TEXT_LENGTH)
                return Chat(int(at_ms), name, words, "file") if name and words else None
    except (ValueError, OverflowError, RecursionError):
        return None
    return None


class ChatFile:
    """The lines of a chat file in the order of their times; a line that is none is counted in `skipped`."""

    def __init__(self, path: Path | str) -> None:
        """Read the file at `path`.

        Raises:
            UsageError: there is no such file, or it cannot be read.
        """
        path = Path(path)
        try:
            lines = [line for line in path.read_bytes().splitlines() if line.strip()]
        except FileNotFoundError as exc:
            raise UsageError(f"There is no chat file {path} – check the name.") from exc
        except OSError as exc:
            raise UsageError(f"The chat file {path} cannot be read – give a file with one message a line.") from exc
        parsed = [chat for line in lines if (chat := _parse(line)) is not None]
        self._chats = sorted(parsed, key=lambda chat: chat.at_ms)
        self._closed = threading.Event()
        self.skipped = len(lines) - len(parsed)
        """Lines that hold no chat message."""

    def read(self) -> Iterator[Chat]:
        for chat in self._chats:
            if self._closed.is_set():
                return
            yield chat

    def close(self) -> None:
        self._closed.set()
