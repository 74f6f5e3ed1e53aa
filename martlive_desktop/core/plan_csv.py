"""Products from a table that a shop or a spreadsheet wrote: CSV text in, products out."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from martlive_desktop.core.plan import HIGHEST_PRICE, LONGEST_MINUTES, Product

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

LEAST_MINUTES = 0.1
"""A plan gives no product less; see `core/plan.py`."""

SEPARATORS = ",;\t"

_HEADERS = {
    "name": "name title product item article produkt artikel titel bezeichnung nom nombre 名称 商品 产品 品名 标题 商品名称",
    "price": "price preis prix precio 价格 单价 售价",
    "minutes": "minutes min minuten duration dauer 分钟 时长",
    "aliases": "aliases alias 别名",
    "facts": "facts fakten 事实",
    "talking_points": "talkingpoints points stichpunkte 卖点 要点",
    "do_not_say": "donotsay 禁语 禁用词",
}
_FIELDS = {header: field for field, headers in _HEADERS.items() for header in headers.split()} | {
    "productname": "name",
    "producttitle": "name",
    "itemname": "name",
    "unitprice": "price",
    "variantprice": "price",
    "othernames": "aliases",
}

_SIGN = r"(?:[A-Z]{0,2}[$€£¥₩₹]|[A-Za-z]{3}|元|円)"
_AMOUNT = re.compile(rf"{_SIGN}?\s*(\d[\d.,'’\s]*?)\s*{_SIGN}?")
_GROUPED = re.compile(r"[1-9]\d{0,2}(?:[,'’\s]\d{3})+(?:\.\d+)?")
_GROUPED_BY_DOTS = re.compile(r"[1-9]\d{0,2}(?:(?:\.\d{3}){2,}(?:,\d+)?|\.\d{3},\d+)")
_PLAIN = re.compile(r"\d+(?:[.,]\d+)?")
_UNCLEAR = re.compile(r"[1-9]\d{0,2}\.\d{3}")


@dataclass(frozen=True, slots=True)
class CsvProducts:
    """What a table gave; every line that gave nothing has its sentence."""

    products: tuple[Product, ...] = ()
    problems: tuple[str, ...] = ()


def read_amount(text: str) -> float | None:
    """The number that people wrote: `19.90`, `19,90 €`, `$1,299`, `1.299,00`; None where it is none."""
    found = _AMOUNT.fullmatch(text.strip())
    if not found:
        return None
    digits = found[1]
    if _GROUPED.fullmatch(digits):
        return float(re.sub(r"[,'’\s]", "", digits))
    if _GROUPED_BY_DOTS.fullmatch(digits):
        return float(digits.replace(".", "").replace(",", "."))
    return float(digits.replace(",", ".")) if _PLAIN.fullmatch(digits) else None


def is_price(amount: float | None) -> bool:
    """Whether a plan takes it."""
    return amount is not None and amount <= HIGHEST_PRICE


def is_time(minutes: float | None) -> bool:
    """Whether a plan takes it."""
    return minutes is not None and LEAST_MINUTES <= minutes <= LONGEST_MINUTES


def read_products(text: str, taken: Collection[str] = ()) -> CsvProducts:
    """The products in the table `text`, whose first line names the columns.

    Lists in a cell, such as facts, are separated by `|` or by lines.

    Args:
        text: CSV, separated by comma, semicolon or tab.
        taken: names that products already have.
    """
    text = text.removeprefix("\ufeff")
    separator = max(SEPARATORS, key=lambda one: len(_columns(next(_rows(text, one), (1, ()))[1])))
    rows = _rows(text, separator)
    line, header = next(rows, (1, ()))
    columns = _columns(header)
    if "name" not in columns:
        return CsvProducts(problems=(f"Line {line}: no column is called name; write name, price above the columns.",))
    names = {name.casefold() for name in taken}
    products, problems = [], []
    for line, cells in rows:
        try:
            product = _product(cells, columns, names)
        except _Unread as exc:
            problems.append(f"Line {line}: {exc}.")
        else:
            names.add(product.name.casefold())
            products.append(product)
    return CsvProducts(tuple(products), tuple(problems))


class _Unread(Exception):
    """What is to be mended in a line."""


def _rows(text: str, separator: str) -> Iterator[tuple[int, Sequence[str]]]:
    """First line and cells of every row in which something is written; a row that is no CSV has no cells."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=True, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            cells: Sequence[str] = next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield line, ()
            continue
        # Excel writes its separator into a line of its own.
        is_note = line == 1 and cells and cells[0].startswith("sep=")
        if any(cell.strip() for cell in cells) and not is_note:
            yield line, cells


def _columns(header: Sequence[str]) -> dict[str, int]:
    """Column of each field; of two that mean the same, the first."""
    columns: dict[str, int] = {}
    for index, cell in enumerate(header):
        # "Price (USD)" is a price.
        plain = re.sub(r"\(.*\)|[\s_-]", "", cell.casefold())
        if plain in _FIELDS:
            columns.setdefault(_FIELDS[plain], index)
    return columns


def _product(cells: Sequence[str], columns: Mapping[str, int], taken: Collection[str]) -> Product:
    if not cells:
        raise _Unread('a quote is open or out of place; write "like this"')
    read = {field: cells[index] for field, index in columns.items() if index < len(cells)}
    name = " ".join(read.get("name", "").split())
    if not name:
        raise _Unread("the name is missing; write what the item is called")
    if name.casefold() in taken:
        raise _Unread(f'the name "{name}" is taken; give each product its own')
    price, minutes = read.get("price", "").strip(), read.get("minutes", "").strip()
    if _UNCLEAR.fullmatch(price):
        raise _Unread(f'"{price}" can mean two prices; write {price.replace(".", "")} or {float(price):.2f}')
    if price and not is_price(read_amount(price)):
        raise _Unread(f'"{_short(price)}" is no price; write it as 19.90')
    if minutes and not is_time(read_amount(minutes)):
        raise _Unread(f'"{_short(minutes)}" is no time; write minutes, as 5')
    return Product(
        name=name,
        aliases=_listed(read.get("aliases", "")),
        price=read_amount(price) or None,
        facts=_listed(read.get("facts", "")),
        talking_points=_listed(read.get("talking_points", "")),
        do_not_say=_listed(read.get("do_not_say", "")),
        minutes=read_amount(minutes),
    )


def _listed(cell: str) -> tuple[str, ...]:
    return tuple(words for one in re.split(r"[|\r\n]", cell) if (words := " ".join(one.split())))


def _short(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= 24 else f"{plain[:23]}…"
