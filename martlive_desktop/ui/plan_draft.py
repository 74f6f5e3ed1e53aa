"""A show plan while it is typed: texts that may not be a plan yet, and what is to be mended in them."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

from martlive_desktop.core.plan import Product, ShowPlan
from martlive_desktop.core.plan_csv import is_price, is_time, read_amount

if TYPE_CHECKING:
    from martlive_desktop.core.plan import Mode

Problem: TypeAlias = Literal["name_missing", "name_taken", "price", "minutes", "currency", "pictures"]


@dataclass(frozen=True, slots=True)
class ProductDraft:
    """One product as typed; lists have one entry a line."""

    name: str = ""
    price: str = ""
    minutes: str = ""
    aliases: str = ""
    facts: str = ""
    talking_points: str = ""
    do_not_say: str = ""
    pictures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PlanDraft:
    """The whole plan as typed."""

    title: str = ""
    mode: Mode = "selling"
    language: str = "en"
    sponsored: bool = False
    sponsor: str = ""
    currency: str = "USD"
    minutes: str = ""
    products: tuple[ProductDraft, ...] = ()

    def with_product(self, row: int, product: ProductDraft) -> PlanDraft:
        """This draft with `product` in `row`."""
        return replace(self, products=(*self.products[:row], product, *self.products[row + 1 :]))

    def without(self, rows: set[int]) -> PlanDraft:
        """This draft less the products in `rows`."""
        return replace(self, products=tuple(one for row, one in enumerate(self.products) if row not in rows))

    def moved(self, rows: list[int], before: int) -> PlanDraft:
        """This draft with the products in `rows`, sorted, before the one that is in row `before` now."""
        chosen = set(rows)
        head = [one for row, one in enumerate(self.products[:before]) if row not in chosen]
        tail = [one for row, one in enumerate(self.products[before:], before) if row not in chosen]
        return replace(self, products=(*head, *(self.products[row] for row in rows), *tail))


@dataclass(frozen=True, slots=True)
class Place:
    """A field: of the product in `row`, or of the plan itself where that is None."""

    row: int | None
    field: str


def drafted(plan: ShowPlan) -> PlanDraft:
    """`plan` as it is shown to be changed."""
    return PlanDraft(
        title=plan.title,
        mode=plan.mode,
        language=plan.language,
        sponsored=plan.sponsored,
        sponsor=plan.sponsor,
        currency=plan.currency,
        minutes=_number(plan.minutes),
        products=tuple(map(drafted_product, plan.products)),
    )


def drafted_product(product: Product) -> ProductDraft:
    """`product` as it is shown to be changed."""
    return ProductDraft(
        name=product.name,
        price=_money(product.price),
        minutes=_number(product.minutes),
        aliases="\n".join(product.aliases),
        facts="\n".join(product.facts),
        talking_points="\n".join(product.talking_points),
        do_not_say="\n".join(product.do_not_say),
        pictures=product.pictures,
    )


def finished(draft: PlanDraft) -> ShowPlan:
    """The plan that `draft`, which has no problems, stands for."""
    return ShowPlan(
        title=_words(draft.title),
        mode=draft.mode,
        language=draft.language,
        sponsored=draft.sponsored,
        sponsor=_words(draft.sponsor),
        currency=draft.currency.strip().upper(),
        minutes=read_amount(draft.minutes),
        products=tuple(
            Product(
                name=_words(one.name),
                aliases=lines_of(one.aliases),
                price=read_amount(one.price) or None,
                facts=lines_of(one.facts),
                talking_points=lines_of(one.talking_points),
                do_not_say=lines_of(one.do_not_say),
                minutes=read_amount(one.minutes),
                pictures=one.pictures,
            )
            for one in draft.products
        ),
    )


def problems_of(draft: PlanDraft) -> dict[Place, Problem]:
    """What core/plan.py would refuse in `draft`, from its top to its end."""
    found: dict[Place, Problem] = {}
    if draft.minutes.strip() and not is_time(read_amount(draft.minutes)):
        found[Place(None, "minutes")] = "minutes"
    if not re.fullmatch("[A-Za-z]{3}", draft.currency.strip()):
        found[Place(None, "currency")] = "currency"
    names: set[str] = set()
    for row, product in enumerate(draft.products):
        name = _words(product.name).casefold()
        if not name:
            found[Place(row, "name")] = "name_missing"
        elif name in names:
            found[Place(row, "name")] = "name_taken"
        names.add(name)
        if product.price.strip() and not is_price(read_amount(product.price)):
            found[Place(row, "price")] = "price"
        if product.minutes.strip() and not is_time(read_amount(product.minutes)):
            found[Place(row, "minutes")] = "minutes"
        # A plan's texts have no two spaces in a row, and a path is one of them.
        if any(picture != _words(picture) for picture in product.pictures):
            found[Place(row, "pictures")] = "pictures"
    return found


def planned_minutes(draft: PlanDraft) -> float:
    """Minutes of all products whose time is known."""
    return sum(read_amount(one.minutes) or 0 for one in draft.products)


def lines_of(text: str) -> tuple[str, ...]:
    """The entries of a list that has one a line."""
    return tuple(words for line in text.splitlines() if (words := _words(line)))


def _words(text: str) -> str:
    return " ".join(text.split())


def _number(amount: float | None) -> str:
    return "" if amount is None else _plain(amount).removesuffix(".0")


def _money(amount: float | None) -> str:
    if amount is None:
        return ""
    return f"{amount:.2f}".removesuffix(".00") if amount == round(amount, 2) else _plain(amount)


def _plain(amount: float) -> str:
    """All digits of `amount`, without an exponent."""
    text = repr(amount)
    return f"{amount:.20f}".rstrip("0") if "e" in text else text
