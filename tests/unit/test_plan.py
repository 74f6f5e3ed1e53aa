"""Show plans: what is read, and the sentence for what cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from martlive_desktop.adapters.plan_file import MAX_BYTES, read_plan
from martlive_desktop.core.errors import PlanInvalid
from martlive_desktop.core.plan import Product, ShowPlan, money, parse_plan

WHOLE = """
title = "Two things I finished"   # a comment
mode = "selling"
language = "en"
sponsored = true
sponsor = "Fennel and Fog"
currency = "eur"
minutes = 30

[[products]]
name = "  dew   serum "
aliases = ["serum", " "]
price = 28
facts = [
  "30 ml glass bottle",
  "cucumber scent",
]
talking_points = ["two drops cover the face"]
do_not_say = ["cures"]
minutes = 12.5
pictures = ["front.jpg", "pictures/back of it.png"]

[[products]]
name = "lip oil"
price = 0.0
"""


def test_every_field_is_read() -> None:
    assert parse_plan(WHOLE) == ShowPlan(
        title="Two things I finished",
        mode="selling",
        language="en",
        sponsored=True,
        sponsor="Fennel and Fog",
        currency="EUR",
        minutes=30.0,
        products=(
            Product(
                name="dew serum",
                aliases=("serum",),
                price=28.0,
                facts=("30 ml glass bottle", "cucumber scent"),
                talking_points=("two drops cover the face",),
                do_not_say=("cures",),
                minutes=12.5,
                pictures=("front.jpg", "pictures/back of it.png"),
            ),
            Product(name="lip oil"),
        ),
    )


def test_empty_plan_has_the_defaults() -> None:
    assert parse_plan("") == ShowPlan()


def test_windows_line_ends_are_read() -> None:
    assert parse_plan('title = "a"\r\nmode = "talk"\r\n') == ShowPlan(title="a", mode="talk")


BLOCK = '[[products]]\nname = "lamp"\n'
NUMBER = "must be a number from 0 up, such as 14.99, without quotes or $"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        pytest.param(f'{BLOCK}price = "14.99"', f"Line 3: price {NUMBER}.", id="price in quotes"),
        pytest.param(f"{BLOCK}price = -1", f"Line 3: price {NUMBER}.", id="negative price"),
        pytest.param(f"{BLOCK}price = nan", f"Line 3: price {NUMBER}.", id="price is not a number"),
        pytest.param(f"{BLOCK}price = inf", f"Line 3: price {NUMBER}.", id="endless price"),
        pytest.param(f"{BLOCK}price = true", f"Line 3: price {NUMBER}.", id="price true"),
        pytest.param(f"{BLOCK}price = 1{'0' * 400}", f"Line 3: price {NUMBER}.", id="price beyond floats"),
        pytest.param(
            f"{BLOCK}prise = 3",
            "Line 3: prise is no field of a product; write price.",
            id="misspelt field of a product",
        ),
        pytest.param('\n\nTitle = "x"', "Line 3: Title is no field of the plan; write title.", id="misspelt field"),
        pytest.param(
            'zzz = "x"',
            "Line 1: zzz is no field of the plan; its fields are title, mode, language, sponsored, sponsor, currency, "
            "minutes, products.",
            id="unknown field",
        ),
        pytest.param(
            '"a\\nb" = 1',
            "Line 1: 'a\\nb' is no field of the plan; its fields are title, mode, language, sponsored, sponsor, "
            "currency, minutes, products.",
            id="unknown field with a line break",
        ),
        pytest.param(
            '[[products]]\nname = " "', "Line 2: name is empty; write what the item is called.", id="empty name"
        ),
        pytest.param(
            f"{BLOCK}[[products]]\nprice = 2",
            "Line 3: name is missing; write what the item is called.",
            id="product without a name",
        ),
        pytest.param(
            f'{BLOCK}\n[[products]]\nprice = 2\nname = "LAMP"',
            'Line 6: name "LAMP" is taken; give each product its own.',
            id="name twice",
        ),
        pytest.param(
            f"{BLOCK}facts = [\n 'a',\n 3,\n]",
            'Line 3: facts must be a list of texts, such as ["8 ml tube", "pink or clear"].',
            id="number in a list",
        ),
        pytest.param(
            f'{BLOCK}aliases = "x"',
            'Line 3: aliases must be a list of texts, such as ["8 ml tube", "pink or clear"].',
            id="text for a list",
        ),
        pytest.param("title = 3", 'Line 1: title must be text in quotes, such as "dew serum".', id="title"),
        pytest.param('mode = "x"', 'Line 1: mode must be "selling", "gaming" or "talk".', id="mode"),
        pytest.param("mode = []", 'Line 1: mode must be "selling", "gaming" or "talk".', id="mode is a list"),
        pytest.param('sponsored = "yes"', "Line 1: sponsored must be true or false, without quotes.", id="sponsored"),
        pytest.param('currency = "$"', 'Line 1: currency must be a code such as "USD".', id="currency"),
        pytest.param('language = "automatic"', 'Line 1: language must be a code such as "en".', id="long language"),
        pytest.param("language = 1", 'Line 1: language must be a code such as "en".', id="language"),
        pytest.param(
            "minutes = 0", "Line 1: minutes must be a number of minutes, such as 12, without quotes.", id="no minutes"
        ),
        pytest.param(
            "[products]\nname = 'x'",
            "Line 1: products must be written as blocks that begin with [[products]].",
            id="one bracket",
        ),
        pytest.param(
            "products = ['x']",
            "Line 1: products must be written as blocks that begin with [[products]].",
            id="products as texts",
        ),
        pytest.param(
            "title = 'x'\nproducts = [{name = 'a'}, {name = 'b', price = -1}]",
            f"Line 2: price {NUMBER}.",
            id="products on one line",
        ),
        pytest.param(
            'title = """\nmode = 1\n[[products]]\n"""\nmode = 2',
            'Line 5: mode must be "selling", "gaming" or "talk".',
            id="what looks like a field inside a text",
        ),
        pytest.param(
            f"{BLOCK}[products.price]\nminutes = 2", f"Line 1: price {NUMBER}.", id="a table inside a product"
        ),
        pytest.param(
            'title = """\n' + "]\n" * 200 + '"""\nmode = 1',
            'mode must be "selling", "gaming" or "talk".',
            id="a text that hides where it ends",
        ),
        pytest.param(
            'title = "a"\nmode "b"',
            'Line 2: this is no TOML; write one `field = value` a line, text in "quotes".',
            id="not TOML",
        ),
        pytest.param(
            'title = "a"\ntitle = "b"',
            "Line 2: a field is given twice here; keep one of the two.",
            id="field twice",
        ),
        pytest.param(
            "title = 'a'\nminutes = 1" + "0" * 5000 + "\n\n",
            'Line 2: this is no TOML; write one `field = value` a line, text in "quotes".',
            id="number too long to read",
        ),
        pytest.param(
            "title = " + "[" * 5000,
            "The plan has too many brackets inside each other; write short lists.",
            id="too deep",
        ),
    ],
)
def test_broken_plan_names_line_field_and_remedy(text: str, sentence: str) -> None:
    with pytest.raises(PlanInvalid) as caught:
        parse_plan(text)
    assert str(caught.value) == sentence


def test_error_carries_line_and_field() -> None:
    with pytest.raises(PlanInvalid) as caught:
        parse_plan(f"{BLOCK}price = -1")
    assert (caught.value.line, caught.value.field, caught.value.exit_code) == (3, "price", 2)


SCALARS = st.one_of(
    st.integers(),
    st.floats(),
    st.booleans(),
    st.text(max_size=8),
    st.dates(),
    st.lists(st.text(max_size=3), max_size=3),
)
KEYS = st.sampled_from(["title", "mode", "name", "price", "minutes", "sponsored", "facts", "products", "x"])


def toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{', '.join(map(toml, value))}]"
    return repr(value)


LINES = st.one_of(
    st.tuples(KEYS, SCALARS).map(lambda pair: f"{pair[0]} = {toml(pair[1])}"),
    st.sampled_from(["[[products]]", "[products]", "[x.y]", '"""', "facts = [", "]", "a.b = 1", "\ttitle='a'", "\r"]),
    st.text(max_size=20),
)


def outcome(text: str) -> ShowPlan | PlanInvalid:
    try:
        return parse_plan(text)
    except PlanInvalid as exc:
        return exc


@given(st.one_of(st.text(), st.lists(LINES, max_size=12).map("\n".join)))
def test_any_text_is_a_plan_or_one_sentence(text: str) -> None:
    found = outcome(text)
    if isinstance(found, PlanInvalid):
        assert len(str(found).splitlines()) == 1
        assert found.line is None or 1 <= found.line <= text.count("\n") + 1
    else:
        assert len({product.name for product in found.products}) == len(found.products)


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        (14.99, "USD", "$14.99"),
        (12.0, "USD", "$12"),
        (20.0, "EUR", "€20"),
        (9.5, "GBP", "£9.50"),
        (14.99, "CHF", "14.99 CHF"),
        (1200.0, "JPY", "1200 JPY"),
    ],
)
def test_money_is_written_as_people_do(amount: float, currency: str, text: str) -> None:
    assert money(amount, currency) == text


def test_plan_file_is_read_with_and_without_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "plan.toml"
    path.write_bytes(b'\xef\xbb\xbftitle = "caf\xc3\xa9"')
    assert read_plan(path) == ShowPlan(title="café")
    path.write_bytes(b'title = "caf\xc3\xa9"')
    assert read_plan(path) == ShowPlan(title="café")


def test_pictures_are_found_from_the_folder_of_the_plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "plan.toml"
    path.write_text('[[products]]\nname = "lamp"\npictures = ["lamp.jpg", "/elsewhere/lamp.png"]', encoding="utf-8")
    whole = (str(tmp_path / "lamp.jpg"), "/elsewhere/lamp.png")
    assert read_plan(path).products[0].pictures == whole
    monkeypatch.chdir(tmp_path)
    assert read_plan(Path("plan.toml")).products[0].pictures == whole


def refusal(path: Path) -> str:
    with pytest.raises(PlanInvalid) as caught:
        read_plan(path)
    return str(caught.value)


def test_plan_file_that_cannot_be_used_says_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "plan.toml"
    assert refusal(path) == f"There is no plan at {path}; check the name."
    assert refusal(tmp_path) == f"{tmp_path} is a folder; name the plan's file in it."
    path.write_bytes(b'title = "a"\nsponsor = "caf\xe9"')
    assert refusal(path) == f"Line 2: {path} is not UTF-8 text; save it as UTF-8."
    path.write_bytes(b"#" * (MAX_BYTES + 1))
    assert refusal(path) == f"{path} is larger than 1 MB, so it is no show plan; choose the plan's .toml file."
    assert refusal(path / "inside") == (
        f"The plan at {path / 'inside'} cannot be read (Not a directory); check its permissions."
    )
