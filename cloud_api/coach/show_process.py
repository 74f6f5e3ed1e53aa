"""A process that runs shows: what is dear, or reads strangers' pictures, does not happen where sockets are served."""

from __future__ import annotations

import logging
import signal
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from cloud_api.errors import Refusal

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from cloud_api.coach.show import Show
    from martlive_desktop.core.coach.drafting import DraftRequest

log = logging.getLogger(__name__)

TICK_S = 0.25
"""How often time passes where nothing comes."""

Order: TypeAlias = Literal[
    "open", "attach", "detach", "sound", "picture", "voice", "words", "chat", "command", "draft", "end", "forget"
]
"""What is done with a show."""

News: TypeAlias = Literal["ready", "done", "attached", "told", "ask", "refused", "failed"]
"""What comes back: for each order but `forget` one `done`, `attached`, `refused` or `failed`; else `told` and `ask`."""


@dataclass(frozen=True, slots=True)
class Ordered:
    """One order."""

    show: int
    what: Order
    given: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Told:
    """One piece of news."""

    show: int
    what: News
    lines: tuple[str, ...] = ()
    """Of events.jsonl."""
    facts: tuple[Any, ...] = ()
    """attached: stream time that was heard. ask: cue, prompt, schema. refused: name, detail."""


def main(pipe: Connection, _config: None) -> None:
    """Run shows until None comes, or the pipe ends."""
    if sys.platform != "win32":
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Importing takes a second; it is done before the first show is opened.
    from cloud_api.coach.packs import pack

    pack("en")
    _Shows(pipe).run()


def _now_ms() -> int:
    return time.monotonic_ns() // 1_000_000


class _Shows:
    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self._shows: dict[int, Show] = {}

    def run(self) -> None:
        tick_ms = _now_ms()
        try:
            self._pipe.send(Told(0, "ready"))
            while True:
                if self._pipe.poll(max(0.0, TICK_S - (_now_ms() - tick_ms) / 1000)):
                    if (order := self._pipe.recv()) is None:
                        return
                    self._take(order)
                if _now_ms() - tick_ms >= TICK_S * 1000:
                    tick_ms = _now_ms()
                    for number in list(self._shows):
                        self._tick(number)
        except (EOFError, OSError):
            return

    def _tick(self, number: int) -> None:
        try:
            lines = self._shows[number].tick()
        except Exception as exc:  # noqa: BLE001 - one show that fails must not end the others
            self._fail(number, exc)
            return
        if lines:
            self._pipe.send(Told(number, "told", tuple(lines)))

    def _take(self, order: Ordered) -> None:
        number = order.show
        if order.what == "forget":
            self._shows.pop(number, None)
            return
        try:
            told = self._done(order)
        except Refusal as exc:
            told = Told(number, "refused", facts=(exc.name, exc.detail))
        except Exception as exc:  # noqa: BLE001 - one show that fails must not end the others
            self._fail(number, exc)
            return
        self._pipe.send(told)

    def _fail(self, number: int, exc: Exception) -> None:
        # The message of an error may have speech in it.
        log.error("show failed", extra={"error": type(exc).__name__})
        self._shows.pop(number, None)
        self._pipe.send(Told(number, "failed"))

    def _done(self, order: Ordered) -> Told:
        number, given = order.show, order.given
        if order.what == "open":
            self._open(number, *given)
            return Told(number, "done")
        show = self._shows.get(number)
        if show is None:
            return Told(number, "failed")
        lines: list[str] = []
        match order.what:
            case "attach":
                show.attach()
                return Told(number, "attached", facts=(show.heard_through_ms,))
            case "detach":
                show.detach()
            case "sound":
                lines = show.sound(*given)
            case "picture":
                lines = show.picture(*given)
            case "voice":
                lines = show.voice(*given)
            case "words":
                lines = show.words(*given)
            case "chat":
                lines = show.chat(*given)
            case "command":
                lines = show.command(*given)
            case "draft":
                lines = show.draft(*given)
            case "end":
                lines = show.finish()
        return Told(number, "done", tuple(lines))

    def _open(self, number: int, opening: Any) -> None:
        from cloud_api.coach.show import Show

        def ask(request: DraftRequest) -> None:
            self._pipe.send(Told(number, "ask", facts=(request.cue_id, request.prompt, request.schema)))

        self._shows[number] = Show(opening, ask, _now_ms)
