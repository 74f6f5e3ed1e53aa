"""What a show was like, from its events alone: what the report page, the trends and the model's summary are made of."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

from martlive_desktop.core.events import (
    Chat,
    SessionStarted,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from martlive_desktop.core.events import TipSource

MOST_STEPS = 1_200
"""Points of one curve: more than a page is wide, few enough for a show of twelve hours."""

SHORTEST_SILENCE_MS = 8_000
SILENCE_MS = {"gaming": 15_000}
"""From here on a pause is dead air, by mode: the defaults of the tips."""

HEEDED_MS = 60_000
"""Within this time after a tip, what it asked for counts as heeding it: the item cycle of a selling show."""

PRICE_MS = 60_000
"""By this time on an item its price is said; the default of a selling show."""

CALL_MS = 60_000
"""By this time after a price viewers are told how to buy; the default of a selling show."""

RECAP_MS = 300_000
"""Name and price together come at least so often; the default of a selling show."""

CLAIM_LOOKBACK_MS = 8_000
"""What was said in this time before a warning is quoted: a claim is judged within some words after it."""

CLAIMS = frozenset({"claim_medical", "off_platform", "do_not_say", "price_mismatch"})
SOUND_FAULTS = frozenset({"mic_silent", "obs_muted", "clipping", "mic_low", "noise", "echo"})
PICTURE_FAULTS = frozenset({"black", "frozen", "wrong_scene"})

UNSURE = 0.5
"""A word of which the recogniser is less sure may well be another."""

PAST_SHOWS = 5
"""Earlier shows that make the streamer's own range. Source: design, the trend over five shows."""

TipFate: TypeAlias = Literal["heeded", "passed", "dismissed", "open"]
"""`passed`: the tip left without its wish being met; `open`: the show ended first."""


@dataclass(frozen=True, slots=True)
class Span:
    """Something that lasted."""

    start_ms: int
    end_ms: int
    name: str = ""


@dataclass(frozen=True, slots=True)
class Series:
    """A curve with equal steps from the start of the show."""

    step_ms: int
    values: tuple[float | None, ...]
    """Mean of each step; None: nothing was measured."""


@dataclass(frozen=True, slots=True)
class Utterance:
    """What was said without a break."""

    start_ms: int
    end_ms: int
    text: str
    probability: float
    """Mean of its words', 0 to 1."""


@dataclass(frozen=True, slots=True)
class TipLine:
    """A tip and what became of it."""

    at_ms: int
    text: str
    kind: str
    severity: int
    source: TipSource
    fate: TipFate
    closed_ms: int | None
    reasons: tuple[str, ...]
    """The facts that made it true."""


@dataclass(frozen=True, slots=True)
class QuestionLine:
    """A viewer's question."""

    asked_ms: int
    user: str
    text: str
    viewers: int
    """How many asked it."""
    answered_ms: int | None
    """None: it was not answered as far as was heard."""
    fact: str
    """What of the plan may answer it; empty: nothing."""


@dataclass(frozen=True, slots=True)
class ClaimLine:
    """Something that was better said otherwise."""

    at_ms: int
    kind: str
    said: str
    """What was heard right before."""
    said_ms: int
    safer: str
    """What may be said instead; empty: the kind's own line."""


@dataclass(frozen=True, slots=True)
class Point:
    """A talking point."""

    text: str
    said_ms: int | None


@dataclass(frozen=True, slots=True)
class ProductLine:
    """An item of the plan and what was done for it."""

    name: str
    price: str
    """As the plan has it; empty: it has none."""
    shown: tuple[Span, ...]
    price_ms: tuple[int, ...]
    """When its price was said."""
    call_ms: tuple[int, ...]
    """When viewers were told how to buy while it was on."""
    recap_ms: tuple[int, ...]
    points: tuple[Point, ...]

    @property
    def shown_ms(self) -> int:
        """How long it was on, in all."""
        return sum(one.end_ms - one.start_ms for one in self.shown)

    @property
    def price_after_ms(self) -> int | None:
        """From the moment it was first on to its price; 0 where the price came first, None: not shown or not said."""
        if not self.shown or not self.price_ms:
            return None
        return max(0, self.price_ms[0] - self.shown[0].start_ms)


@dataclass(frozen=True, slots=True)
class Measure:
    """One number of the show beside what is usual."""

    name: str
    value: float | None
    """None: there was nothing to measure."""
    unit: str
    own: tuple[float, float] | None = None
    """Lowest and highest of the streamer's last shows; None: too few."""
    usual: tuple[float, float] | None = None
    """A range from elsewhere; its source is in the page's words under the measure's name."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A strength, or what to work on, with the moments that show it."""

    kind: str
    score: float
    """-1, as bad as it gets, to 1."""
    numbers: tuple[tuple[str, float], ...]
    """Named values for its sentence."""
    evidence: tuple[int, ...]
    """Stream times, in ms, at most five."""


@dataclass(frozen=True, slots=True)
class Certainty:
    """How sure the recogniser was, and what it missed."""

    words: int
    mean: float | None
    """Mean probability of a word, 0 to 1."""
    unsure: int
    """Words below `UNSURE`."""
    gaps: tuple[Span, ...]
    """When nothing was heard or recognised, or the store could not write."""
    delays: tuple[int, ...]
    """When recognition fell behind, in ms of stream time."""


@dataclass(frozen=True, slots=True)
class Report:
    """A whole show; every number in it follows from its events."""

    started: SessionStarted | None
    duration_ms: int
    is_cut_off: bool
    """It has no end: a crash or a full disk came first."""
    skipped: int
    """Lines that could not be read."""
    is_newer: bool
    """It was recorded with a newer version."""
    utterances: tuple[Utterance, ...] = ()
    levels: Series = field(default=Series(1_000, ()))
    paces: Series = field(default=Series(1_000, ()))
    silences: tuple[Span, ...] = ()
    scenes: tuple[Span, ...] = ()
    """What viewers saw: scenes by name, and `black` and `frozen` as the picture was."""
    shown: tuple[Span, ...] = ()
    """Products on show, in order."""
    products: tuple[ProductLine, ...] = ()
    tips: tuple[TipLine, ...] = ()
    moments: tuple[TipLine, ...] = ()
    """Cues that were not shown as tips: for the report only."""
    questions: tuple[QuestionLine, ...] = ()
    claims: tuple[ClaimLine, ...] = ()
    chat: tuple[Chat, ...] = ()
    marks: tuple[int, ...] = ()
    pauses: tuple[Span, ...] = ()
    """When coaching was off."""
    measures: tuple[Measure, ...] = ()
    strengths: tuple[Finding, ...] = ()
    """At most three, the strongest first."""
    focus: Finding | None = None
    certainty: Certainty = field(default=Certainty(0, None, 0, (), ()))

    @property
    def sources(self) -> Mapping[TipSource, int]:
        """How many tips each coach worded."""
        return {
            source: n for source in ("rules", "local", "remote") if (n := sum(t.source == source for t in self.tips))
        }

    def measured(self) -> dict[str, float | None]:
        """Its measures by name, to be kept for the trends."""
        return {one.name: one.value for one in self.measures}
