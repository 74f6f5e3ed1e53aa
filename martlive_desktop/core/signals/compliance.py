"""What must not be said, and what must: health claims, selling outside the app, sponsoring."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from martlive_desktop.core.events import Cue, Transcript, Word
from martlive_desktop.core.lexicon import Phrases, Repair
from martlive_desktop.core.spoken import STOPS, Occurrences, Talk, tokens

if TYPE_CHECKING:
    from collections.abc import Sequence

    from martlive_desktop.core.events import Input, Signal
    from martlive_desktop.core.lexicon import Lexicon
    from martlive_desktop.core.plan import ShowPlan
    from martlive_desktop.core.spoken import Passage, Span

_HERE = "_ "
"""Stands for the phrase itself behind what is said before it."""

_SAME_MS = 3_000
"""Two decodes that place a thing this close show the same one."""

_QUESTION_LOOKBACK = 2


@dataclass(frozen=True, slots=True)
class ComplianceThresholds:
    """When what was said, or was not said, is a matter."""

    hold_s: float = 12.0
    """Seconds for which a phrase holds: a tip that comes later is about something else."""
    rest_s: float = 30.0
    """Seconds in which another phrase of the kind belongs to the same matter, which was just named."""
    settle_words: int = 3
    """Words after a phrase from which it is judged: "..., no, it does not" begins within them."""
    settle_s: float = 0.9
    """Seconds of sound after a phrase from which it is judged though fewer words follow."""
    reach_words: int = 12
    """Words after a phrase in which it may be taken back."""
    memory_s: float = 25.0
    """Seconds of talk that are read again with each word: two sentences of the longest utterance."""
    disclosure_due_s: float = 30.0
    """Seconds into a sponsored show by which it is said: joiners decide before."""
    disclosure_repeat_s: float = 900.0
    """Seconds after which it is said again for those who came since."""
    heard_s: float = 2.5
    """Seconds until a word that was said in time is known."""


@dataclass(frozen=True, slots=True)
class _Kind:
    """What makes one kind of risky phrase."""

    phrases: Phrases
    harmless: Phrases
    """What makes a phrase harmless that it overlaps."""
    warnings: Phrases
    """What makes every phrase harmless in its sentence."""
    has_lists: bool
    """One negation holds for a list of them with commas: "does not cure, treat or heal"."""


class ComplianceDetector:
    """Reads the stable words; what a later decode takes away does not hold any more."""

    def __init__(
        self,
        plan: ShowPlan,
        lexicon: Lexicon,
        thresholds: ComplianceThresholds | None = None,
        do_not_say: Sequence[str] = (),
    ) -> None:
        """Watch; `do_not_say` are the user's own words to avoid in every show, beside those of the plan."""
        self._lexicon = lexicon
        self._is_sponsored = plan.sponsored
        self._sponsor = plan.sponsor
        self._talk = Talk(lexicon, keep_ms=0, repair=Repair(lexicon.rare_words))
        self._claim = _Kind(lexicon.claims, lexicon.claims_harmless, lexicon.claims_warnings, has_lists=True)
        self._offer = _Kind(
            lexicon.off_platform, lexicon.off_platform_harmless, lexicon.off_platform_warnings, has_lists=False
        )
        self._claims, self._offers, self._own = (Occurrences(hold_ms=0, rest_ms=0, same_ms=_SAME_MS) for _ in range(3))
        self._plan = plan
        self._disclosed_ms: int | None = None
        self.use(thresholds or ComplianceThresholds(), do_not_say)

    def use(self, thresholds: ComplianceThresholds, do_not_say: Sequence[str]) -> None:
        """Hold to other limits and words to avoid from now on; what was said so far stays."""
        self._limits = thresholds
        self._talk.keep_ms = _ms(thresholds.memory_s)
        for known in (self._claims, self._offers, self._own):
            known.hold_ms, known.rest_ms = _ms(thresholds.hold_s), _ms(thresholds.rest_s)
        self._do_not_say = do_not_say_phrases(self._plan, do_not_say, self._lexicon)

    def observe(self, event: Input | Cue, now_ms: int) -> Sequence[Signal]:
        """Read what was said."""
        if not isinstance(event, Transcript) or (passage := self._talk.hear(event)) is None:
            return ()
        lexicon = self._lexicon
        since_ms = passage.tokens[0].start_ms if passage.tokens else event.at_ms
        for kind, known in ((self._claim, self._claims), (self._offer, self._offers)):
            found = [
                (passage.tokens[span.first].start_ms, self._safer(passage, span), 0.0)
                for span in self._serious(passage, kind, event)
            ]
            known.update(found, since_ms, now_ms)
        if self._do_not_say is not None:
            own = [
                (passage.tokens[span.first].start_ms, "", 0.0)
                for span in passage.find(self._do_not_say)
                if all(token.is_stable for token in passage.tokens[span.first : span.last + 1])
            ]
            self._own.update(own, since_ms, now_ms)
        for span in passage.find(lexicon.disclosures):
            if not self._is_negated(passage, span, self._offer):
                self._disclosed_ms = max(self._disclosed_ms or 0, passage.tokens[span.first].start_ms)
        return ()

    def cues(self, now_ms: int) -> Sequence[Cue]:
        """claim_medical, off_platform, do_not_say and disclosure, as they hold."""
        out: list[Cue] = []
        if said := self._claims.holding(now_ms):
            reasons = ("a health claim or an absolute promise was said",)
            out.append(Cue(now_ms, "claim_medical", 0.85, reasons, (("safer", said.subject),)))
        if said := self._offers.holding(now_ms):
            reasons = ("payment or contact outside the app was offered",)
            out.append(Cue(now_ms, "off_platform", 0.85, reasons, (("safer", said.subject),)))
        if self._own.holding(now_ms):
            out.append(Cue(now_ms, "do_not_say", 0.95, ("words of your own list were said",)))
        limits = self._limits
        if self._is_sponsored:
            since_s, reason = limits.disclosure_due_s, f"sponsored and unsaid by {limits.disclosure_due_s:g} s"
            if self._disclosed_ms is not None:
                since_s = self._disclosed_ms / 1000 + limits.disclosure_repeat_s
                reason = f"sponsored and unsaid for {limits.disclosure_repeat_s / 60:g} min"
            if now_ms >= _ms(since_s + limits.heard_s):
                out.append(Cue(now_ms, "disclosure", 0.9, (reason,), (("sponsor", self._sponsor),)))
        return out

    def _serious(self, passage: Passage, kind: _Kind, event: Transcript) -> list[Span]:
        """The phrases that are meant as they sound, as far as can be said yet."""
        innocent = list(passage.find(kind.harmless))
        return [
            span
            for span in passage.find(kind.phrases)
            if self._is_settled(passage, span, event)
            and not any(other.first <= span.last and span.first <= other.last for other in innocent)
            and not self._is_negated(passage, span, kind)
            and not self._is_question(passage, span, kind)
            and not self._is_quoted(passage, span, kind)
            and not self._is_taken_back(passage, span)
        ]

    def _safer(self, passage: Passage, span: Span) -> str:
        """What to say instead; the first line of the pack whose phrases are in what was said."""
        sentence = passage.sentence(span.first)
        places = (passage.slice(span.first, span.last + 1), passage.slice(sentence.first, sentence.last + 1))
        return next((line for said in places for line, phrases in self._lexicon.safer.items() if phrases.has(said)), "")

    def _is_settled(self, passage: Passage, span: Span, event: Transcript) -> bool:
        tokens = passage.tokens
        if not all(token.is_stable for token in tokens[span.first : span.last + 1]):
            return False
        after = sum(token.is_word for token in tokens[span.last + 1 :])
        waited_ms = event.at_ms - tokens[span.last].end_ms
        return event.is_final or after >= self._limits.settle_words or waited_ms >= _ms(self._limits.settle_s)

    def _is_negated(self, passage: Passage, span: Span, kind: _Kind) -> bool:
        """Whether the clause before the phrase turns it round."""
        before = passage.slice(self._clause_start(passage, span.first, kind), span.first) + _HERE
        for start, end in self._lexicon.negations.spans(before):
            void = self._lexicon.negations_void.spans(before)
            if not any(first <= start and end <= last for first, last in void):
                return True
        return False

    def _clause_start(self, passage: Passage, index: int, kind: _Kind) -> int:
        tokens, lexicon = passage.tokens, self._lexicon
        first = passage.sentence(index).first
        for at in range(index - 1, first - 1, -1):
            text = tokens[at].text
            if text in lexicon.clause_starts or (text == "," and not kind.has_lists):
                return at
            if text in lexicon.clause_joiners and tokens[at + 1].text in lexicon.subjects:
                return at
        return first

    def _is_question(self, passage: Passage, span: Span, kind: _Kind) -> bool:
        """Whether the sentence asks; one that ends in a tag or speaks to "you" does not."""
        sentence = passage.sentence(span.first)
        opening = passage.tokens[self._clause_start(passage, span.first, kind) : span.first]
        words = [token.text for token in opening if token.is_word]
        stop = passage.tokens[sentence.last].text
        # A sentence cut in two by a breath may go on with "is that ..."; its full stop shows that nothing was asked.
        if words and words[0] in self._lexicon.question_starts and stop != ".":
            return self._lexicon.viewers.isdisjoint(words[:_QUESTION_LOOKBACK])
        return stop == "?" and not self._lexicon.question_tags.has(passage.slice(sentence.first, sentence.last + 1))

    def _is_quoted(self, passage: Passage, span: Span, kind: _Kind) -> bool:
        """Whether somebody else's words are told, and not an expert's."""
        sentence, lexicon = passage.sentence(span.first), self._lexicon
        before = passage.slice(sentence.first, span.first)
        after = passage.slice(span.last + 1, sentence.last + 1)
        if kind.warnings.has(passage.slice(sentence.first, sentence.last + 1)):
            return True
        if lexicon.authorities.has(before):
            return False
        return lexicon.quotes.has(before) or lexicon.quotes_after.has(after)

    def _is_taken_back(self, passage: Passage, span: Span) -> bool:
        words, end = 0, span.last + 1
        while end < len(passage.tokens) and words < self._limits.reach_words:
            words += passage.tokens[end].is_word
            end += 1
        # The rest of its own sentence and the sentence after it.
        stops = [at for at in range(span.last + 1, end) if passage.tokens[at].text in STOPS]
        end = stops[1] + 1 if len(stops) > 1 else end
        return self._lexicon.rejections.has(passage.slice(span.last + 1, end))


def do_not_say_phrases(plan: ShowPlan, own: Sequence[str], lexicon: Lexicon) -> Phrases | None:
    """The words that the user wants to avoid, as phrases; None where there are none."""
    texts = [*own, *(text for product in plan.products for text in product.do_not_say)]
    spelt = [[token.text for token in tokens([Word(text, 0, 0, 1.0)], lexicon)] for text in texts]
    phrases = [" ".join(word for word in words if word.isalnum()) for words in spelt]
    kept = [phrase for phrase in phrases if phrase]
    return Phrases(kept, {}) if kept else None


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
