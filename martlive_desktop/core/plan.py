"""The show plan: what is sold, at which price, and what must be said."""

from __future__ import annotations

import difflib
import re
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

from martlive_desktop.core.errors import PlanInvalid

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

Mode: TypeAlias = Literal["selling", "gaming", "talk"]

HIGHEST_PRICE = 1e9
"""Nothing sold in a show costs more, in any currency; it also keeps prices printable."""

LONGEST_MINUTES = 24 * 60
"""A show ends within a day."""

MOST_TRIES = 100
"""How often the end of a value over several lines is sought: in a hostile file of 1 MB a try takes 10 ms."""

_SIGNS = {"USD": "$", "EUR": "€", "GBP": "£"}


@dataclass(frozen=True, slots=True)
class Product:
    """One item of the show."""

    name: str
    aliases: tuple[str, ...] = ()
    """Other names under which the streamer speaks of it."""
    price: float | None = None
    """In the currency of the plan; a plan's 0 counts as not known."""
    facts: tuple[str, ...] = ()
    talking_points: tuple[str, ...] = ()
    do_not_say: tuple[str, ...] = ()
    minutes: float | None = None
    """Time planned for it."""
    pictures: tuple[str, ...] = ()
    """Files that show it, as the plan writes them; `read_plan` gives them from the root."""


@dataclass(frozen=True, slots=True)
class ShowPlan:
    """What the streamer wrote down before the show; without one, the defaults hold."""

    title: str = ""
    mode: Mode = "selling"
    language: str = "en"
    """ISO 639 code."""
    sponsored: bool = False
    sponsor: str = ""
    """Who pays for the show."""
    currency: str = "USD"
    """ISO 4217 code."""
    minutes: float | None = None
    """Time planned for the show."""
    products: tuple[Product, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """What the streamer will say that no dictionary has: the sponsor, the products and their other names."""
        of_products = [name for product in self.products for name in (product.name, *product.aliases)]
        return tuple(name for name in (self.sponsor, *of_products) if name)


def money(amount: float, currency: str) -> str:
    """`amount` as people write it: `$14.99`, `$12`, `14.99 CHF`."""
    number = f"{amount:.2f}".removesuffix(".00")
    return f"{_SIGNS[currency]}{number}" if currency in _SIGNS else f"{number} {currency}"


def parse_plan(text: str, language: str = "en") -> ShowPlan:
    """The plan written as TOML in `text`; `language` is spoken where it names none.

    Raises:
        PlanInvalid: it names the line, the field and what to do.
    """
    text = text.replace("\r\n", "\n")
    try:
        data = tomllib.loads(text)
    except RecursionError as exc:
        raise PlanInvalid("The plan has too many brackets inside each other; write short lists.") from exc
    except ValueError as exc:
        raise _syntax_error(text, str(exc)) from exc
    try:
        top = _checked(data, _PLAN, None)
        products = _products(top.pop("products", ()))
    except _Wrong as exc:
        line = _line_of(text, exc.field, exc.product)
        where = f"Line {line}: " if line else ""
        raise PlanInvalid(f"{where}{exc}.", line=line, field=exc.field) from None
    return ShowPlan(**{"language": language, **top}, products=products)


class _Wrong(Exception):
    """A value that cannot be; `product` counts from 0, None is the plan itself."""

    def __init__(self, sentence: str, field: str, product: int | None) -> None:
        super().__init__(sentence)
        self.field = field
        self.product = product


def _products(blocks: Sequence[Mapping[str, Any]]) -> tuple[Product, ...]:
    products: dict[str, Product] = {}
    for index, block in enumerate(blocks):
        product = Product(**_checked(block, _PRODUCT, index))
        if products.setdefault(product.name.casefold(), product) is not product:
            raise _Wrong(f'name "{product.name}" is taken; give each product its own', "name", index)
    return tuple(products.values())


class _Unfit(Exception):
    """What the value of a field must be instead."""


def _checked(data: Mapping[str, Any], spec: Mapping[str, Callable[[Any], Any]], product: int | None) -> dict[str, Any]:
    where = "the plan" if product is None else "a product"
    checked: dict[str, Any] = {}
    for field, value in data.items():
        if field not in spec:
            close = difflib.get_close_matches(field, spec, n=1)
            hint = f"write {close[0]}" if close else f"its fields are {', '.join(spec)}"
            shown = field if field.isidentifier() else ascii(field)
            raise _Wrong(f"{shown} is no field of {where}; {hint}", field, product)
        try:
            checked[field] = spec[field](value)
        except _Unfit as exc:
            raise _Wrong(f"{field} {exc}", field, product) from None
    if "name" in spec and "name" not in checked:
        raise _Wrong("name is missing; write what the item is called", "name", product)
    return checked


def _words(value: object) -> str:
    if not isinstance(value, str):
        raise _Unfit('must be text in quotes, such as "dew serum"')
    return " ".join(value.split())


def _name(value: object) -> str:
    if not (name := _words(value)):
        raise _Unfit("is empty; write what the item is called")
    return name


def _list(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise _Unfit('must be a list of texts, such as ["8 ml tube", "pink or clear"]')
    return tuple(words for one in value if (words := _words(one)))


def _choice(value: object) -> str:
    if value not in get_args(Mode):
        raise _Unfit('must be "selling", "gaming" or "talk"')
    return str(value)


def _yes_no(value: object) -> bool:
    if not isinstance(value, bool):
        raise _Unfit("must be true or false, without quotes")
    return value


def _code(pattern: str, example: str) -> Callable[[Any], str]:
    def check(value: object) -> str:
        if not isinstance(value, str) or not re.fullmatch(pattern, value):
            raise _Unfit(f'must be a code such as "{example}"')
        return value.lower() if example.islower() else value.upper()

    return check


def _number(low: float, high: float, advice: str) -> Callable[[Any], float]:
    def check(value: object) -> float:
        # A bool is an int in Python; nan fails both comparisons.
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise _Unfit(advice)
        return float(value)

    return check


def _price(value: object) -> float | None:
    return _number(0, HIGHEST_PRICE, "must be a number from 0 up, such as 14.99, without quotes or $")(value) or None


def _blocks(value: object) -> list[dict[str, Any]]:
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise _Unfit("must be written as blocks that begin with [[products]]")
    return value


_minutes = _number(0.1, LONGEST_MINUTES, "must be a number of minutes, such as 12, without quotes")

_PLAN: dict[str, Callable[[Any], Any]] = {
    "title": _words,
    "mode": _choice,
    "language": _code("[A-Za-z]{2,3}|[Aa]uto", "en"),
    "sponsored": _yes_no,
    "sponsor": _words,
    "currency": _code("[A-Za-z]{3}", "USD"),
    "minutes": _minutes,
    "products": _blocks,
}

_PRODUCT: dict[str, Callable[[Any], Any]] = {
    "name": _name,
    "aliases": _list,
    "price": _price,
    "facts": _list,
    "talking_points": _list,
    "do_not_say": _list,
    "minutes": _minutes,
    "pictures": _list,
}


def _syntax_error(text: str, message: str) -> PlanInvalid:
    found = re.search(r"\(at line (\d+)", message)
    # tomllib gives no line for what is missing at the end, nor for a number that is too long.
    line = int(found[1]) if found else text.rstrip().count("\n") + 1
    if re.match("Cannot (overwrite|declare|mutate|redefine)", message):
        advice = "a field is given twice here; keep one of the two"
    else:
        advice = 'this is no TOML; write one `field = value` a line, text in "quotes"'
    return PlanInvalid(f"Line {line}: {advice}.", line=line)


def _line_of(text: str, field: str, product: int | None) -> int | None:
    """The line of `field`, or of what surrounds it, as far as `text`, which is valid TOML, gives it away."""
    lines: dict[tuple[int | None, str], int] = {}
    block: int | None = None
    blocks = 0
    for line, key, is_product, is_header in _statements(text):
        if is_product:
            block = blocks
            blocks += 1
            lines[block, ""] = line
        elif is_header:
            block = -1
        lines.setdefault((None if is_header else block, key), line)
    places = [(product, field), (product, ""), (None, "products")]
    return next((lines[place] for place in places if place in lines), None)


def _statements(text: str) -> Iterator[tuple[int, str, bool, bool]]:
    """First line, key, whether it begins a product, whether it is a header: of every statement.

    tomllib keeps no places. A statement is the shortest run of lines that is TOML by itself.
    """
    first, chunk, tries = 1, "", 0
    for number, line in enumerate(text.split("\n"), 1):
        is_first = not chunk
        chunk += line + "\n"
        # A value over several lines ends with one of these.
        if not is_first and not any(end in line for end in ("]", '"""', "'''")):
            continue
        try:
            data = tomllib.loads(chunk)
        except tomllib.TOMLDecodeError:
            tries += 1
            if tries > MOST_TRIES:
                return
            continue
        for key, value in data.items():
            is_header = chunk.lstrip().startswith("[")
            yield first, key, is_header and key == "products" and isinstance(value, list), is_header
        first, chunk, tries = number + 1, "", 0
