"""The chat: questions that nobody answers, and newcomers whom nobody greets."""

from __future__ import annotations

import itertools
import re
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from martlive_desktop.core.events import Chat, Cue, Question, Transcript, Word
from martlive_desktop.core.lexicon import is_like
from martlive_desktop.core.meaning import content_words, share
from martlive_desktop.core.spoken import Talk, tokens
from martlive_desktop.core.summary import summary

if TYPE_CHECKING:
    from collections.abc import Sequence

    from martlive_desktop.core.events import Input, QuestionState
    from martlive_desktop.core.lexicon import Lexicon
    from martlive_desktop.core.meaning import Meaning
    from martlive_desktop.core.plan import ShowPlan

MOST_OPEN = 30
"""Questions that are remembered; in a faster chat the oldest are gone from everybody's screen anyway."""

MOST_VIEWERS = 2_000
"""Viewers whose names are remembered, so that a flood of names takes no memory."""

MOST_FACTS = 60
"""Facts of the plan that are compared with a question; those that share a word with it come first."""

COMPARE_EVERY_MS = 200
"""Between two comparisons by meaning, 4 ms of CPU each; in a faster chat the words must do."""

LOOK_UP_EVERY_MS = 1_000
"""Between two looks for a fact that answers a question."""

_SHORTEST_NAME = 3
_SHORTEST_QUESTION = 2
"""Words without a question mark that may be one."""

_NAME_PART = re.compile(r"[^\W\d_]+")
_AT = re.compile(r"@([\w.]+)")
_LINK = re.compile(r"\S*(?:https?:|www\.|\.\w{2,}/|\.(?:com|net|org|me|gg|ly)\b)\S*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ChatThresholds:
    """When a viewer has waited too long."""

    unanswered_s: float = 45.0
    """Seconds after which a question counts as passed over."""
    asked_share: float = 0.5
    """Share of a question's own words that must be said to count as its answer."""
    window_words: int = 40
    """Words of talk that are taken together: two or three sentences."""
    hold_s: float = 25.0
    """Seconds for which an unanswered question can still be brought up after it was raised."""
    forget_s: float = 300.0
    """Seconds after which a question is the report's."""
    greet_s: float = 180.0
    """Seconds within which a new viewer's name is said."""
    greet_from_s: float = 20.0
    """Seconds after which somebody who writes for the first time is a newcomer: before, the streamer greets the room."""
    viewers_to_greet: int = 12
    """In a show with more names nobody greets each of them, and no tip says so."""


@dataclass(slots=True, eq=False)
class _Question:
    """One question, though several may have asked it."""

    user: str
    asked_ms: int
    text: str
    words: frozenset[str]
    viewers: dict[str, int]
    """Who asked, and when, in ms."""
    raised_ms: int | None = None
    fact: str | None = None
    """What of the plan may answer it; None: not looked up yet."""
    is_told: bool = False
    """That it waits was told."""


@dataclass(slots=True)
class _Viewer:
    came_ms: int
    raised_ms: int | None = None


class ChatDetector:
    """Each question and each newcomer is raised once; everything that is remembered is bounded."""

    def __init__(
        self, plan: ShowPlan, lexicon: Lexicon, meaning: Meaning, thresholds: ChatThresholds | None = None
    ) -> None:
        self._lexicon = lexicon
        self._meaning = meaning
        self._facts = {
            fact: content_words(fact, lexicon.function_words) for product in plan.products for fact in product.facts
        }
        self._compared_ms = self._looked_up_ms = -LOOK_UP_EVERY_MS
        names = " ".join(plan.names)
        self._common = content_words(names, lexicon.function_words)
        self._talk = Talk(lexicon, keep_ms=0)
        self._open: deque[_Question] = deque(maxlen=MOST_OPEN)
        self._viewers: set[str] = set()
        self._to_greet: dict[str, _Viewer] = {}
        self._told: list[tuple[QuestionState, _Question]] = []
        """What became of questions since the last event."""
        self._known_words = lexicon.vocabulary() | lexicon.function_words
        self.use(thresholds or ChatThresholds())

    def use(self, thresholds: ChatThresholds) -> None:
        """Hold to other limits from now on; what was read and said so far stays."""
        self._limits = thresholds
        self._talk.keep_ms = round(thresholds.unanswered_s * 1000)

    def observe(self, event: Input | Cue, now_ms: int) -> Sequence[Question]:
        """Read a line, or what was said."""
        self._told = []
        if isinstance(event, Chat):
            self._read(event)
        elif isinstance(event, Transcript):
            self._hear(event)
        elif isinstance(event, Cue) and event.kind == "chat_unanswered":
            if question := self._due(now_ms):
                question.raised_ms = now_ms
        elif isinstance(event, Cue) and event.kind == "greet":
            self._to_greet[dict(event.slots)["viewer"]].raised_ms = now_ms
        self._note_waiting(now_ms)
        self._forget(now_ms)
        return tuple(
            Question(now_ms, one.asked_ms, one.user, one.text, state, len(one.viewers), one.fact or "")
            for state, one in self._told
        )

    def _note_waiting(self, now_ms: int) -> None:
        """Tell of a question that was passed over, with what of the plan may answer it; one at a time, for it is dear."""
        due_ms = now_ms - self._limits.unanswered_s * 1000
        question = next((one for one in self._open if not one.is_told and one.asked_ms <= due_ms), None)
        if question is not None and now_ms - self._looked_up_ms >= LOOK_UP_EVERY_MS:
            self._looked_up_ms = now_ms
            if question.fact is None:
                question.fact = self._fact(question)
            question.is_told = True
            self._told.append(("waiting", question))

    def cues(self, now_ms: int) -> Sequence[Cue]:
        """chat_unanswered and greet, as they hold."""
        out: list[Cue] = []
        if question := self._due(now_ms):
            out.append(Cue(now_ms, "chat_unanswered", 0.8, self._reasons(question), self._slots(question)))
        due_ms = now_ms - self._limits.greet_s * 1000
        waiting = (name for name, one in self._to_greet.items() if one.came_ms <= due_ms)
        if name := next((name for name in waiting if self._is_now(self._to_greet[name].raised_ms, now_ms)), ""):
            out.append(Cue(now_ms, "greet", 0.6, (f"here for {self._limits.greet_s / 60:g} min",), (("viewer", name),)))
        return out

    def _is_now(self, raised_ms: int | None, now_ms: int) -> bool:
        return raised_ms is None or now_ms - raised_ms <= self._limits.hold_s * 1000

    def _due(self, now_ms: int) -> _Question | None:
        """The question to bring up: one that was just raised, else the one that most have asked."""
        due_ms = now_ms - self._limits.unanswered_s * 1000
        due = [one for one in self._open if one.asked_ms <= due_ms and self._is_now(one.raised_ms, now_ms)]
        return max(due, key=lambda one: (one.raised_ms is not None, len(one.viewers), -one.asked_ms), default=None)

    def _reasons(self, question: _Question) -> tuple[str, ...]:
        asked = f"a question without an answer for {self._limits.unanswered_s:g} s"
        return (asked, f"{len(question.viewers)} asked it") if len(question.viewers) > 1 else (asked,)

    def _slots(self, question: _Question) -> tuple[tuple[str, str], ...]:
        viewer = next(iter(question.viewers))
        slots = [
            ("viewer", viewer),
            ("question", summary(question.text, self._lexicon, viewer)),
            ("asked", question.text),
        ]
        if len(question.viewers) > 1:
            slots.append(("count", str(len(question.viewers))))
        if question.fact is None:
            question.fact = self._fact(question)
        if question.fact:
            slots.append(("fact", question.fact))
        return tuple(slots)

    def _fact(self, question: _Question) -> str:
        """The fact of the plan that may answer the question; empty: none."""
        shared = [fact for fact, words in self._facts.items() if share(question.words, words) > 0]
        facts = [*shared, *self._facts][:MOST_FACTS]
        likeness = self._meaning.likeness(question.text, facts)
        best = max(range(len(facts)), key=lambda index: likeness[index], default=None)
        return facts[best] if best is not None and likeness[best] >= self._meaning.related else ""

    # --- what is written

    def _read(self, line: Chat) -> None:
        is_new = line.user not in self._viewers
        if is_new and len(self._viewers) < MOST_VIEWERS:
            self._viewers.add(line.user)
            if line.at_ms >= self._limits.greet_from_s * 1000 and spoken_parts(line.user):
                self._to_greet[line.user] = _Viewer(line.at_ms)
            if len(self._viewers) > self._limits.viewers_to_greet:
                self._to_greet.clear()
        if not self._is_question(line):
            return
        text = _LINK.sub("", line.text).strip()
        words = content_words(text, self._lexicon.function_words)
        waiting = [one for one in self._open if one.raised_ms is None]
        may_compare = line.at_ms - self._compared_ms >= COMPARE_EVERY_MS and any(one.words for one in waiting)
        self._compared_ms = line.at_ms if may_compare else self._compared_ms
        for question in waiting:
            if self._is_same(question, text, words, may_compare=may_compare):
                question.viewers.setdefault(line.user, line.at_ms)
                return
        self._open.append(_Question(line.user, line.at_ms, text, words, {line.user: line.at_ms}))
        self._told.append(("asked", self._open[-1]))

    def _is_question(self, line: Chat) -> bool:
        """Whether the line asks the streamer something."""
        if any(name in self._viewers for name in _AT.findall(line.text)):
            return False
        text = _AT.sub(" ", line.text)
        first = text.split(",")[0].strip()
        if first != line.user and first in self._viewers:
            return False
        said = [one.text for one in tokens([Word(word, 0, 0, 1.0) for word in text.split()], self._lexicon)]
        plain = "".join((" _ ", *(one + " " for one in said)))
        if self._lexicon.chat_harmless.has(plain):
            return False
        words = [one for one in said if one.isalnum()]
        if "?" in said:
            return len(words) > 1
        return len(words) > _SHORTEST_QUESTION and self._lexicon.chat_questions.has(plain)

    def _is_same(self, question: _Question, text: str, words: frozenset[str], *, may_compare: bool) -> bool:
        if not words or not question.words:
            return text.casefold() == question.text.casefold()
        if words == question.words:
            return True
        return may_compare and self._meaning.likeness(text, [question.text])[0] >= self._meaning.same

    # --- what is said

    def _hear(self, transcript: Transcript) -> None:
        passage = self._talk.hear(transcript)
        if passage is None or not (self._open or self._to_greet):
            return
        said = [(token.text, token.start_ms) for token in passage.tokens if token.is_word and token.is_stable]
        for name, viewer in [*self._to_greet.items()]:
            if self._is_named(name, said, viewer.came_ms):
                del self._to_greet[name]
        answered = [one for one in self._open if self._is_answered(one, said, transcript)]
        self._told += [("answered", one) for one in answered]
        self._open = deque((one for one in self._open if one not in answered), MOST_OPEN)

    def _is_answered(self, question: _Question, said: Sequence[tuple[str, int]], transcript: Transcript) -> bool:
        if any(self._is_named(viewer, said, asked_ms) for viewer, asked_ms in question.viewers.items()):
            return True
        since = [word for word, start_ms in said if start_ms >= question.asked_ms][-self._limits.window_words :]
        heard = content_words(" ".join(since), self._lexicon.function_words)
        if share(question.words - self._common or question.words, heard) >= self._limits.asked_share:
            return True
        if not since or not transcript.is_final:
            return False
        return self._meaning.likeness(question.text, [" ".join(since)])[0] >= self._meaning.related

    def _is_named(self, viewer: str, said: Sequence[tuple[str, int]], since_ms: int) -> bool:
        """Whether a part of a viewer's name was said, or something that sounds like it."""
        words = [word for word, start_ms in said if start_ms >= since_ms]
        heard = [*words, *(one + other for one, other in itertools.pairwise(words))]
        return any(
            word == part or (word not in self._known_words and is_like(word, part))
            for part in spoken_parts(viewer)
            for word in heard
        )

    def _forget(self, now_ms: int) -> None:
        since_ms = now_ms - self._limits.forget_s * 1000
        while self._open and self._open[0].asked_ms < since_ms:
            self._open.popleft()


def spoken_parts(name: str) -> list[str]:
    """What of a viewer's name can be said: `bea_88` is Bea."""
    return [part for part in _NAME_PART.findall(name.casefold().replace("_", " ")) if len(part) >= _SHORTEST_NAME]
