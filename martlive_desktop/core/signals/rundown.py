"""The plan's rundown: its talking points, its minutes, and whether the item is shown as well as told."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from martlive_desktop.core.events import Cue, Rundown, Screen, Transcript
from martlive_desktop.core.meaning import WordOverlap, content_words, share
from martlive_desktop.core.plan import money
from martlive_desktop.core.scenes import WAITING
from martlive_desktop.core.spoken import Talk

if TYPE_CHECKING:
    from collections.abc import Sequence

    from martlive_desktop.core.events import Input
    from martlive_desktop.core.lexicon import Lexicon
    from martlive_desktop.core.meaning import Meaning
    from martlive_desktop.core.plan import Product, ShowPlan

_MINUTE_MS = 60_000
_SENTENCE_MS = 8_000
"""How long a sentence may be, in ms, that a breath cuts in two."""

_DARK, _FLAT = 0.1, 0.05
"""Brightness and contrast below which a picture is black from its first moment on: limited range has 0.06."""

_WORDS_TOGETHER = 24
"""Words that are compared with a talking point at a time: two spoken sentences."""


@dataclass(frozen=True, slots=True)
class RundownThresholds:
    """When the plan is not kept."""

    remind_share: float = 0.75
    """Share of an item's planned minutes after which an unsaid talking point is named: time is left to say it."""
    over_share: float = 0.25
    """Share of its minutes by which an item may run over."""
    show_after_s: float = 120.0
    """Seconds on an item by which it is shown and not only told."""


class OnShow(Protocol):
    """Knows which product is on."""

    @property
    def product(self) -> str: ...

    @property
    def product_since_ms(self) -> int: ...


class RundownDetector:
    """Follows one item at a time; what was said of an item before it was on counts too."""

    def __init__(
        self,
        plan: ShowPlan,
        lexicon: Lexicon,
        meaning: Meaning,
        on_show: OnShow,
        thresholds: RundownThresholds | None = None,
    ) -> None:
        self._limits = thresholds or RundownThresholds()
        self._lexicon = lexicon
        self._meaning = meaning
        self._on_show = on_show
        self._products = {product.name: product for product in plan.products} if plan.mode == "selling" else {}
        self._order = list(self._products)
        self._talk = Talk(lexicon, keep_ms=_SENTENCE_MS)
        self._lately: deque[str] = deque(maxlen=_WORDS_TOGETHER)
        self._unsaid = {
            point: content_words(point, lexicon.function_words)
            for product in plan.products
            for point in product.talking_points
        }
        self._seen: set[str] = set()
        self._shown_ms: int | None = None
        self._item_of = {point: product.name for product in plan.products for point in product.talking_points}
        self._planned = tuple(step for product in self._products.values() for step in _planned(product, plan.currency))
        """Told with the first event."""

    def use(self, thresholds: RundownThresholds) -> None:
        """Hold to other limits from now on; what was seen so far stays."""
        self._limits = thresholds

    def observe(self, event: Input | Cue, now_ms: int) -> Sequence[Rundown]:
        """Read what was said, and see what is shown; of speech finals only, for meaning costs more than words."""
        planned, self._planned = self._planned, ()
        unsaid = self._unsaid
        self._observe(event)
        if self._unsaid is unsaid:
            return planned
        said = [point for point in unsaid if point not in self._unsaid and point in self._item_of]
        return (*planned, *(Rundown(now_ms, self._item_of[point], "said", point) for point in said))

    def _observe(self, event: Input | Cue) -> None:
        if self._on_show.product:
            self._seen.add(self._on_show.product)
        if isinstance(event, Screen) and self._is_showing(event):
            self._shown_ms = event.at_ms
        if not isinstance(event, Transcript) or not self._products:
            return
        passage = self._talk.hear(event)
        if passage is None or not event.is_final or not event.text:
            return
        if self._lexicon.shows.has(passage.text):
            self._shown_ms = event.at_ms
        self._lately.extend(event.text.split())
        said = " ".join(self._lately)
        heard = content_words(said, self._lexicon.function_words)
        self._unsaid = {point: words for point, words in self._unsaid.items() if share(words, heard) < WordOverlap.same}
        # Meaning costs more than words, so it is asked only of the item that is on.
        product = self._products.get(self._on_show.product)
        for point in product.talking_points if product else ():
            if point in self._unsaid and self._meaning.likeness(point, [event.text])[0] >= self._meaning.same:
                del self._unsaid[point]

    def _is_showing(self, screen: Screen) -> bool:
        """Whether viewers now see the item: its picture, or another camera than before."""
        if screen.product and screen.product == self._on_show.product:
            return True
        is_dark = screen.is_black or (screen.brightness < _DARK and screen.contrast < _FLAT)
        return screen.is_cut and screen.scene not in WAITING and not is_dark

    def cues(self, now_ms: int) -> Sequence[Cue]:
        """talking_point, behind_plan and demo, as they hold."""
        product = self._products.get(self._on_show.product)
        if product is None:
            return ()
        limits, out = self._limits, []
        spent_ms = now_ms - self._on_show.product_since_ms
        if spent_ms >= limits.show_after_s * 1000 and (
            self._shown_ms is None or self._shown_ms < self._on_show.product_since_ms
        ):
            reasons = (f"{limits.show_after_s:g} s on an item without showing it",)
            out.append(Cue(now_ms, "demo", 0.6, reasons, (("product", product.name),)))
        if product.minutes is None:
            return out
        planned_ms = product.minutes * _MINUTE_MS
        open_points = [point for point in product.talking_points if point in self._unsaid]
        if open_points and spent_ms >= planned_ms * limits.remind_share:
            reasons = (f"{len(open_points)} talking points unsaid near the item's planned end",)
            out.append(Cue(now_ms, "talking_point", 0.7, reasons, (("point", open_points[0]),)))
        following = next((name for name in self._order if name not in self._seen), "")
        if following and spent_ms >= planned_ms * (1 + limits.over_share):
            reasons = (f"{product.minutes:g} min were planned",)
            out.append(Cue(now_ms, "behind_plan", 0.8, reasons, (("next", following),)))
        return out


def _planned(product: Product, currency: str) -> list[Rundown]:
    """What the plan has of `product`."""
    price = "" if product.price is None else money(product.price, currency)
    points = [Rundown(0, product.name, "to_say", point) for point in product.talking_points]
    return [Rundown(0, product.name, "planned", price), *points]
