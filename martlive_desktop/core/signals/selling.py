"""The craft of selling: what is on, its price, the call to action, the recap, the question to the room."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from martlive_desktop.core.events import Chat, Cue, NextItem, Rundown, Screen, Transcript
from martlive_desktop.core.lexicon import SHORTEST_REPAIR, is_like
from martlive_desktop.core.spoken import Occurrences, Passage, Span, SpokenNumber, Talk, spoken_numbers

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from martlive_desktop.core.events import Input, RundownStep
    from martlive_desktop.core.lexicon import Lexicon, Phrases
    from martlive_desktop.core.plan import ShowPlan

_SIGNS = {"USD": "$", "CAD": "$", "AUD": "$", "GBP": "£", "EUR": "€", "JPY": "¥", "CNY": "¥"}
_CENT = 0.005
_CONTEXT_WORDS = 7
_FIRST_TEEN = 13
_FIRST_TEN = 20
_FOUR = 4
_PAIR = 2
_NAME_REACH = 5
"""Words after an amount within which the product may be named: "fifty dollars for the desk lamp"."""

_FRAGMENT_TOKENS = 4
"""Three words and a stop are no sentence of their own."""

_SAME_MS = 3000
"""Two decodes that place a price this close, in ms, show the same one."""

_ASK_TAIL_MS = 4000
"""How long the sentence of a question may go on, in ms; a partial may lack the mark that ends it."""


@dataclass(frozen=True, slots=True)
class SellingThresholds:
    """Cadences of a selling show: editable practitioners' advice, no truths."""

    price_after_s: float = 60.0
    """Seconds on an item by which its price is said."""
    call_after_s: float = 60.0
    """Seconds after a price by which viewers are told how to buy."""
    recap_after_s: float = 300.0
    """Seconds by which name and price are said together again, for those who came since."""
    recap_lasts_s: float = 1.0
    """Seconds after the sentence with a price in which the talk is still about it."""
    together_s: float = 15.0
    """Seconds within which a name and a price belong together."""
    ask_after_s: float = 480.0
    """Seconds by which the viewers are asked something."""
    same_breath_s: float = 3.0
    """Seconds before a price in which a call to action still counts as being after it."""
    heard_s: float = 1.7
    """Seconds until a word that was said in time is known; the recogniser is at most 1.6 s behind (docs/benchmarks.md)."""
    far_factor: float = 4.0
    """Times by which an amount may be off and still be meant as the price; others are about something else."""
    settle_s: float = 1.0
    """Seconds of sound after an amount before it is called wrong: cents may follow."""
    hold_s: float = 12.0
    """Seconds for which a wrong price holds: a tip that comes later is about something else."""
    memory_s: float = 25.0
    """Seconds of talk that are read again with each word."""
    unnamed_s: float = 20.0
    """Seconds since the item that is on was named, from which another that is seen may be on: with "it" and "this" one
    talks on for less."""
    seen_s: float = 3.0
    """Seconds for which the other must be seen: one that is moved out of the way is seen for less."""
    unseen_s: float = 30.0
    """Seconds unseen after which it is shown anew: a hand hides a product for some looks, of which each 10 s has one."""


@dataclass(slots=True)
class _PriceSaid:
    """A price that was said once, though many decodes show it."""

    product: int
    start_ms: int
    end_ms: int
    """End of its sentence, as far as is known."""


@dataclass(slots=True)
class _Sighting:
    """A product that is in the picture, though hands may hide it for a while."""

    product: int
    from_ms: int
    last_ms: int


class SellingDetector:
    """Follows the plan through the talk; outside of selling shows it only asks for questions to the viewers."""

    def __init__(self, plan: ShowPlan, lexicon: Lexicon, thresholds: SellingThresholds | None = None) -> None:
        self._plan = plan
        self._lexicon = lexicon
        self._names = [
            [tuple(name.casefold().replace("-", " ").split()) for name in (product.name, *product.aliases)]
            for product in plan.products
        ]
        self._indexes = {product.name: index for index, product in enumerate(plan.products)}
        self._known_words = lexicon.vocabulary()
        self._talk = Talk(lexicon, keep_ms=0)
        self._meanings: dict[tuple[str, ...], frozenset[int]] = {}
        self._on: int | None = None
        self._on_since_ms = 0
        self._told_ms = 0
        """Words from before it put no product on."""
        self._sighting: _Sighting | None = None
        self._introduced_ms: dict[int, int] = {}
        self._named_ms: dict[int, list[int]] = {index: [] for index in range(len(plan.products))}
        self._prices: list[_PriceSaid] = []
        self._priced: set[int] = set()
        self._ask_ms = 0
        # A talk has nobody to ask until somebody writes.
        self._has_room = plan.mode != "talk"
        self._past_recap_ms = 0
        self._wrong = Occurrences(hold_ms=0, same_ms=_SAME_MS, rest_ms=0)
        self._steps: list[tuple[RundownStep, int | None]] = []
        """What was done for an item since the last event, by its index."""
        self._called_ms = 0
        self._recapped_ms = 0
        self.use(thresholds or SellingThresholds())
        self._call_ms = -_ms(self._limits.same_breath_s) - 1

    def use(self, thresholds: SellingThresholds) -> None:
        """Hold to other limits from now on; what was seen and said so far stays."""
        self._limits = thresholds
        self._talk.keep_ms = _ms(thresholds.memory_s)
        self._wrong.hold_ms = self._wrong.rest_ms = _ms(thresholds.hold_s)

    @property
    def product(self) -> str:
        """Name of the product that is on, empty before the first."""
        return "" if self._on is None else self._plan.products[self._on].name

    @property
    def product_since_ms(self) -> int:
        """When it was put on."""
        return self._on_since_ms

    def observe(self, event: Input | Cue, now_ms: int) -> Sequence[Rundown]:
        """Read what was said, and take the product in the picture as evidence."""
        on, self._steps = self._on, []
        self._observe(event, now_ms)
        if self._on != on:
            self._steps.insert(0, ("shown", self._on))
        return tuple(
            Rundown(now_ms, "" if index is None else self._plan.products[index].name, what)
            for what, index in self._steps
        )

    def _observe(self, event: Input | Cue, now_ms: int) -> None:
        self._has_room |= isinstance(event, Chat)
        if isinstance(event, Screen) and self._plan.mode == "selling":
            self._see(event)
        if isinstance(event, NextItem) and self._plan.mode == "selling" and self._plan.products:
            self._go_on(event.at_ms)
        if not isinstance(event, Transcript) or (passage := self._talk.hear(event)) is None or not passage.tokens:
            return
        for span in self._meant(passage, self._lexicon.asks, self._lexicon.asks_harmless):
            last_ms = passage.tokens[span.last].end_ms + _ASK_TAIL_MS
            self._ask_ms = max(self._ask_ms, min(last_ms, self._sentence_end_ms(passage, span.last)))
        if self._plan.mode != "selling":
            return
        for span in self._meant(passage, self._lexicon.calls, self._lexicon.calls_harmless):
            self._note_call(passage.tokens[span.last].end_ms, is_sure=event.is_final)
        mentions = list(self._mentions(passage))
        self._follow(passage, mentions)
        self._read_prices(passage, mentions, event, now_ms)
        self._note_recap()

    def cues(self, now_ms: int) -> Sequence[Cue]:
        """price_missing, cta_missing, reset, ask_room and price_mismatch, as they hold."""
        limits, out = self._limits, []
        heard_ms = now_ms - _ms(limits.heard_s)
        if self._has_room and heard_ms - self._ask_ms >= _ms(limits.ask_after_s):
            out.append(Cue(now_ms, "ask_room", 0.8, (f"no question to viewers for {limits.ask_after_s / 60:g} min",)))
        if self._plan.mode != "selling" or not self._plan.products:
            return out
        is_due = self._on is not None and heard_ms - self._on_since_ms >= _ms(limits.price_after_s)
        if is_due and self._on not in self._priced:
            reasons = (f"on an item for {limits.price_after_s:g} s without a price",)
            out.append(Cue(now_ms, "price_missing", 0.85, reasons, self._slots(self._on)))
        open_ms = min((price.end_ms for price in self._prices if self._is_open(price)), default=heard_ms)
        if heard_ms - open_ms >= _ms(limits.call_after_s):
            reasons = (f"{limits.call_after_s:g} s since a price without a call to action",)
            out.append(Cue(now_ms, "cta_missing", 0.85, reasons, self._slots(self._on)))
        if heard_ms - self._recap_ms() >= _ms(limits.recap_after_s):
            reasons = (f"no name and price together for {limits.recap_after_s / 60:g} min",)
            out.append(Cue(now_ms, "reset", 0.8, reasons, self._slots(self._on)))
        if wrong := self._wrong.holding(now_ms):
            index = int(wrong.subject)
            reasons = (f"{wrong.amount:g} was said, {self._plan.products[index].price:g} is planned",)
            out.append(Cue(now_ms, "price_mismatch", 0.8, reasons, self._slots(index)))
        return out

    def _slots(self, index: int | None) -> tuple[tuple[str, str], ...]:
        if index is None:
            return ()
        product = self._plan.products[index]
        if product.price is None:
            return (("product", product.name),)
        return (("product", product.name), ("price", _money(product.price, self._plan.currency)))

    def _meant(self, passage: Passage, phrases: Phrases, harmless: Phrases) -> list[Span]:
        innocent = list(passage.find(harmless))
        return [
            span
            for span in passage.find(phrases)
            if not any(other.first <= span.first <= other.last for other in innocent)
        ]

    def _sentence_end_ms(self, passage: Passage, index: int) -> int:
        """The end of the sentence, and of those that only go on with it, as "Chain and all"."""
        last = passage.sentence(index).last
        while last + 1 < len(passage.tokens):
            following = passage.sentence(last + 1)
            is_short = following.last - last <= _FRAGMENT_TOKENS
            if not is_short and passage.tokens[last + 1].text not in self._lexicon.number_joiners:
                break
            last = following.last
        return passage.tokens[last].end_ms

    def _mentions(self, passage: Passage) -> Iterator[tuple[int, Span]]:
        """Products by name, as index and place."""
        words = [(at, token.text) for at, token in enumerate(passage.tokens) if token.is_word]
        longest = max((len(name) for names in self._names for name in names), default=0) + 1
        for at in range(len(words)):
            found: dict[int, int] = {}
            for size in range(1, min(longest, len(words) - at) + 1):
                heard = tuple(word for _, word in words[at : at + size])
                found.update(dict.fromkeys(self._named_by(heard), words[at + size - 1][0]))
            for index, last in found.items():
                yield index, Span(words[at][0], last)

    def _named_by(self, heard: tuple[str, ...]) -> frozenset[int]:
        """The products that these words name."""
        if heard not in self._meanings:
            self._meanings[heard] = frozenset(
                index for index, names in enumerate(self._names) if any(self._is_name(heard, name) for name in names)
            )
        return self._meanings[heard]

    def _is_name(self, heard: tuple[str, ...], name: tuple[str, ...]) -> bool:
        """Whether words are a product's name: in the plural, written apart or together, or a little misheard."""
        said, meant = "".join(heard), "".join(name)
        if said.rstrip("s") == meant.rstrip("s"):
            return True
        is_foreign = not self._known_words.issuperset(heard)
        return len(heard) == len(name) and len(meant) >= SHORTEST_REPAIR and is_foreign and is_like(said, meant)

    def _follow(self, passage: Passage, mentions: Sequence[tuple[int, Span]]) -> None:
        """Keep track of which product is on."""
        for index, span in mentions:
            if not all(token.is_stable for token in passage.tokens[span.first : span.last + 1]):
                continue
            start_ms = passage.tokens[span.first].start_ms
            named = self._named_ms[index]
            if not named or start_ms - named[-1] > 1000:
                named.append(start_ms)
            sentence = passage.sentence(span.first)
            others = {other for other, place in mentions if sentence.first <= place.first <= sentence.last}
            first = max([sentence.first, *(place.last + 1 for _, place in mentions if place.last < span.first)])
            before = passage.slice(max(first, span.first - _CONTEXT_WORDS), span.first)
            text = passage.slice(sentence.first, sentence.last + 1)
            is_new = index not in self._introduced_ms
            if self._lexicon.teasers.has(text) or start_ms < self._told_ms:
                continue
            if index == self._on:
                # It may have been put on by the picture.
                self._introduced_ms.setdefault(index, start_ms)
            elif (is_new and len(others) == 1) or self._lexicon.introductions.has(before):
                self._introduced_ms.setdefault(index, start_ms)
                self._on, self._on_since_ms, self._told_ms = index, start_ms, start_ms

    def _go_on(self, at_ms: int) -> None:
        """Put the item on that follows in the plan; after the last comes the first."""
        self._on = 0 if self._on is None else (self._on + 1) % len(self._plan.products)
        self._introduced_ms.setdefault(self._on, at_ms)
        self._on_since_ms = self._told_ms = at_ms

    def _see(self, event: Screen) -> None:
        """Put the product in the picture on, unless the talk is about another."""
        index = self._indexes.get(event.product)
        if index is None:
            return
        sighting = self._sighting
        if sighting is None or sighting.product != index or event.at_ms - sighting.last_ms > _ms(self._limits.unseen_s):
            sighting = self._sighting = _Sighting(index, event.at_ms, event.at_ms)
        sighting.last_ms = event.at_ms
        if index != self._on and self._is_shown_instead(sighting):
            self._on, self._on_since_ms = index, event.at_ms
            # Words of the last moments are still to come, and they win.
            self._told_ms = event.at_ms - _ms(self._limits.heard_s)

    def _is_shown_instead(self, sighting: _Sighting) -> bool:
        """Whether a product is shown while nothing is said about the one that is on."""
        if self._on is None:
            return True
        quiet_from_ms = max([self._on_since_ms, *self._named_ms[self._on]])
        # What was in the picture before stands on the shelf.
        return (
            sighting.from_ms > quiet_from_ms
            and sighting.last_ms - sighting.from_ms >= _ms(self._limits.seen_s)
            and sighting.last_ms - quiet_from_ms >= _ms(self._limits.unnamed_s + self._limits.heard_s)
        )

    def _read_prices(
        self, passage: Passage, mentions: Sequence[tuple[int, Span]], event: Transcript, now_ms: int
    ) -> None:
        wrong: list[tuple[int, str, float]] = []
        for number in spoken_numbers(passage.tokens, self._lexicon, self._plan.currency):
            if not all(token.is_stable for token in passage.tokens[number.first : number.last + 1]):
                continue
            index = self._product_of(number, passage, mentions)
            if index is None:
                continue
            planned = self._plan.products[index].price
            assert planned is not None
            start_ms = passage.tokens[number.first].start_ms
            if _is_heard_as(number, planned, passage) or _is_split(number, planned, passage, self._lexicon):
                self._note_price(index, passage, number)
                self._wrong.clear(str(index), start_ms)
                wrong = [one for one in wrong if one[1] != str(index)]
            elif self._is_stated(number, passage, mentions, index):
                self._note_price(index, passage, number)
                waited_ms = event.at_ms - passage.tokens[number.last].end_ms
                if event.is_final or waited_ms >= _ms(self._limits.settle_s):
                    wrong.append((start_ms, str(index), number.amount))
        self._wrong.update(wrong, passage.tokens[0].start_ms, now_ms)
        keep_from_ms = event.at_ms - 2 * _ms(self._limits.memory_s)
        if any(price.start_ms <= keep_from_ms for price in self._prices):
            self._past_recap_ms = self._recap_ms()
        self._prices = [price for price in self._prices if self._is_open(price) or price.start_ms > keep_from_ms]

    def _product_of(self, number: SpokenNumber, passage: Passage, mentions: Sequence[tuple[int, Span]]) -> int | None:
        """The product that an amount is about; None where it is about none."""
        sentence = passage.sentence(number.first)
        inside = [(index, span) for index, span in mentions if sentence.first <= span.first <= sentence.last]
        before = [index for index, span in inside if span.last < number.first]
        after = [index for index, span in inside if span.first > number.last]
        candidates = [*before[::-1], *after, *([] if self._on is None else [self._on])]
        candidates = [index for index in candidates if self._plan.products[index].price is not None]
        prices = {index: self._plan.products[index].price or 0.0 for index in candidates}
        split = [index for index in candidates if _is_split(number, prices[index], passage, self._lexicon)]
        if split:
            return split[0]
        if not (
            number.is_marked
            or number.has_cents
            or self._is_plain_price(number, passage)
            or any(_is_written_together(number.amount, price) for price in prices.values())
        ):
            return None
        equal = [index for index, product in enumerate(self._plan.products) if _is_equal(number.amount, product.price)]
        for index in candidates:
            if index in equal:
                return index
        if equal and not before and not after:
            return equal[0]
        if not number.is_marked and not number.has_cents:
            return None
        return candidates[0] if candidates else None

    def _is_plain_price(self, number: SpokenNumber, passage: Passage) -> bool:
        """Whether a bare number stands where a price stands."""
        before = passage.slice(max(0, number.first - 1), number.first)
        return self._lexicon.prices_plain.has(before)

    def _is_stated(
        self, number: SpokenNumber, passage: Passage, mentions: Sequence[tuple[int, Span]], index: int
    ) -> bool:
        """Whether an amount that is not the planned one is stated as the price of the product."""
        planned = self._plan.products[index].price or 0.0
        if not planned / self._limits.far_factor <= number.amount <= planned * self._limits.far_factor:
            return False
        facts = [fact for product in self._plan.products for fact in product.facts]
        if any(f" {number.amount:g} " in f" {fact} " for fact in facts):
            return False
        sentence = passage.sentence(number.first)
        first = max(sentence.first, number.first - _CONTEXT_WORDS)
        around = passage.slice(first, min(sentence.last, number.last + _CONTEXT_WORDS - 2) + 1)
        if self._lexicon.prices_other.has(around):
            return False
        if any(
            other == index
            and sentence.first <= span.first
            and span.last <= min(sentence.last, number.last + _NAME_REACH)
            for other, span in mentions
        ):
            return True
        return self._lexicon.prices_stated.has(passage.slice(sentence.first, number.first))

    def _note_price(self, index: int, passage: Passage, number: SpokenNumber) -> None:
        start_ms = passage.tokens[number.first].start_ms
        end_ms = self._sentence_end_ms(passage, number.last)
        self._priced.add(index)
        for price in self._prices:
            if price.product == index and abs(price.start_ms - start_ms) <= _SAME_MS:
                price.end_ms = end_ms
                return
        self._prices.append(_PriceSaid(index, start_ms, end_ms))
        self._steps.append(("price", index))

    def _note_call(self, end_ms: int, *, is_sure: bool) -> None:
        """A call to action; it is written down when its words are final."""
        self._call_ms = max(self._call_ms, end_ms)
        if is_sure and end_ms - self._called_ms > _SAME_MS:
            self._called_ms = end_ms
            self._steps.append(("call", self._on))

    def _note_recap(self) -> None:
        recap_ms = self._recap_ms()
        if recap_ms - self._recapped_ms > _SAME_MS:
            # What was said twice in a row is one recap.
            if recap_ms - self._recapped_ms > _ms(self._limits.together_s):
                newest = max(self._prices, key=lambda price: price.start_ms)
                self._steps.append(("recap", newest.product))
            self._recapped_ms = recap_ms

    def _recap_ms(self) -> int:
        """When name and price were last said together."""
        near_ms = _ms(self._limits.together_s)
        recaps = [
            price.end_ms + _ms(self._limits.recap_lasts_s)
            for price in self._prices
            if any(abs(named_ms - price.start_ms) <= near_ms for named_ms in self._named_ms[price.product])
        ]
        return max([self._past_recap_ms, *recaps])

    def _is_open(self, price: _PriceSaid) -> bool:
        """Whether no call to action came since."""
        return self._call_ms < price.start_ms - _ms(self._limits.same_breath_s)


def _is_written_together(amount: float, price: float | None) -> bool:
    """Whether an amount is a price with cents as recognisers often write it: 1999 for "nineteen ninety nine"."""
    return price is not None and not price.is_integer() and abs(amount - price * 100) < _CENT


def _is_split(number: SpokenNumber, planned: float, passage: Passage, lexicon: Lexicon) -> bool:
    """Whether "thirty four ninety nine" was written as 30 for 99."""
    dollars, cents = divmod(round(planned * 100), 100)
    if not cents or dollars % 10 != _FOUR or dollars < _FIRST_TEN or abs(number.amount - (dollars - _FOUR)) >= _CENT:
        return False
    after = passage.tokens[number.last + 1 : number.last + 3]
    return len(after) == _PAIR and after[0].text in lexicon.fours and after[1].text == str(cents)


def _is_equal(amount: float, price: float | None) -> bool:
    """Whether an amount is a price; "fourteen fifty" may have been written 1450."""
    return price is not None and (abs(amount - price) < _CENT or abs(amount - price * 100) < _CENT)


def _is_heard_as(number: SpokenNumber, planned: float, passage: Passage) -> bool:
    """Whether an amount is the planned one as recognisers write it."""
    if _is_equal(number.amount, planned):
        return True
    dollars, cents = divmod(round(number.amount * 100), 100)
    planned_dollars, planned_cents = divmod(round(planned * 100), 100)
    if dollars == planned_dollars and not number.has_cents:
        # The cents may be in the next utterance.
        return number.last >= len(passage.tokens) - 2
    has_cents = _sound_alike(cents, planned_cents) or (cents == 0 and not number.has_cents)
    return has_cents and _sound_alike(dollars, planned_dollars)


def _sound_alike(one: int, other: int) -> bool:
    """Whether two numbers are mistaken for each other: "fourteen" and "forty"."""
    low, high = sorted((one, other))
    return low == high or (_FIRST_TEEN <= low < _FIRST_TEN and high == 10 * (low - 10))


def _money(amount: float, currency: str) -> str:
    written = f"{amount:.0f}" if float(amount).is_integer() else f"{amount:.2f}"
    return f"{_SIGNS[currency]}{written}" if currency in _SIGNS else f"{written} {currency}"


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
