"""Language models by what the coach needs of them: a short answer in time, and a conversation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from martlive_desktop.core.coach.drafting import Skill

Outcome: TypeAlias = Literal["written", "late", "busy", "failed", "off"]
"""Of one question: there was an answer; it would have come late; too many others wait; the model failed; it rests."""


@dataclass(frozen=True, slots=True)
class Written:
    """What a model wrote, unchecked."""

    text: str
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Conversation:
    """What is to be gone on with; it was checked."""

    messages: tuple[tuple[str, str], ...]
    """Role and text."""
    most_tokens: int
    temperature: float
    top_p: float
    stop: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of an answer; the last one says how it ended."""

    text: str
    reason: Literal["", "stop", "length"] = ""
    prompt_tokens: int = 0
    completion_tokens: int = 0


class LanguageModel(Protocol):
    """One model, wherever it runs; nothing that it says is believed."""

    name: str
    """As callers know it."""
    skill: Skill

    @property
    def is_settled(self) -> bool:
        """Whether it is loaded, or will not be."""
        ...

    async def start(self) -> None:
        """Begin."""
        ...

    async def write(self, prompt: str, schema: str, *, left_s: float, payer: str) -> Written:
        """A text of the JSON `schema`, within `left_s`; whatever happens, it does not take longer.

        Questions of one `payer` wait for each other before those of others wait for them.
        """
        ...

    def converse(self, conversation: Conversation, *, left_s: float, payer: str) -> AsyncGenerator[Piece, None]:
        """An answer piece by piece.

        Raises:
            Refusal: there is none.
        """
        ...

    async def close(self) -> None:
        """End."""
        ...
