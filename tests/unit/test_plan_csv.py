"""Tables of products: whatever a shop wrote gives products, and one sentence for each line that does not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from martlive_desktop.core.plan import Product
from martlive_desktop.core.plan_csv import CsvProducts, is_price, is_time, read_amount, read_products


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("19.90", 19.9),
        ("19,90", 19.9),
        ("19,90 €", 19.9),
        ("EUR 19.90", 19.9),
        ("US$5", 5.0),
        ("¥199", 199.0),
        ("199元", 199.0),
        ("$1,299", 1299.0),
        ("1,299.50", 1299.5),
        ("1 299", 1299.0),
        ("1’299.50", 1299.5),
        ("1.299,00", 1299.0),
        ("1.299.000", 1299000.0),
        ("0,125", 0.125),
        ("0", 0.0),
        ("", None),
        ("abc", None),
        ("2 for 5", None),
        ("-3", None),
        ("1,2,3", None),
        ("1.", None),
    ],
)
def test_amount_is_read_as_people_write_it(text: str, amount: float | None) -> None:
    assert read_amount(text) == amount


def test_what_a_plan_takes() -> None:
    assert [is_price(one) for one in (None, 0.0, 1e9, 1e10)] == [False, True, True, False]
    assert [is_time(one) for one in (None, 0.0, 0.1, 1440.0, 1441.0)] == [False, False, True, True, False]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("name,price\nlamp,19.90\ncup,5\n", id="commas"),
        pytest.param("name;price\nlamp;19,90\ncup;5,00\n", id="semicolons"),
        pytest.param("name\tprice\nlamp\t19.90\ncup\t5\n", id="tabs"),
        pytest.param("\ufeffname,price\r\nlamp,19.90\r\ncup,5\r\n", id="byte order mark and Windows line ends"),
        pytest.param("sep=;\nname;price\nlamp;19,90\ncup;5\n", id="separator on its own line"),
        pytest.param("Preis (EUR);Bezeichnung\n19,90 €;lamp\n5;cup\n", id="German, other order"),
        pytest.param("商品名称,价格\nlamp,¥19.90\ncup,5\n", id="Chinese"),
        pytest.param("Handle,Title,Variant Price\na,lamp,19.90\nb,cup,5\n", id="a shop's export"),
        pytest.param('\n\n"name", "price"\n"lamp", "19.90"\n,\n"cup", 5', id="quotes, spaces and empty lines"),
        pytest.param("name,title,price\nlamp,other,19.90\ncup,other,5", id="two columns that mean the same"),
    ],
)
def test_tables_of_many_kinds_are_read(text: str) -> None:
    assert read_products(text) == CsvProducts((Product("lamp", price=19.9), Product("cup", price=5.0)))


def test_every_field_is_read() -> None:
    text = (
        "Product name,other names,facts,talking points,do_not_say,min,price\n"
        'dew  serum,serum|drops,"30 ml\ncucumber",two drops | cover it,cures,12.5,0\n'
    )
    assert read_products(text).products == (
        Product(
            name="dew serum",
            aliases=("serum", "drops"),
            facts=("30 ml", "cucumber"),
            talking_points=("two drops", "cover it"),
            do_not_say=("cures",),
            minutes=12.5,
        ),
    )


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (",5,", "Line 2: the name is missing; write what the item is called."),
        ("LAMP,5,", 'Line 2: the name "LAMP" is taken; give each product its own.'),
        ("cup,cheap,", 'Line 2: "cheap" is no price; write it as 19.90.'),
        ("cup,99999999999,", 'Line 2: "99999999999" is no price; write it as 19.90.'),
        ("cup,1.299,", 'Line 2: "1.299" can mean two prices; write 1299 or 1.30.'),
        ("cup,5,soon", 'Line 2: "soon" is no time; write minutes, as 5.'),
        (f"cup,{'x' * 40},", f'Line 2: "{"x" * 23}…" is no price; write it as 19.90.'),
        ('"cup"s,5,', 'Line 2: a quote is open or out of place; write "like this".'),
    ],
)
def test_line_that_cannot_be_read_says_what_to_do_and_the_rest_is_read(row: str, sentence: str) -> None:
    found = read_products(f"name,price,minutes\n{row}\nbowl,7,3\n", taken=["lamp"])
    assert found == CsvProducts((Product("bowl", price=7.0, minutes=3.0),), (sentence,))


def test_name_twice_in_one_table_is_taken_once() -> None:
    found = read_products("name\nlamp\nLamp\n")
    assert found == CsvProducts((Product("lamp"),), ('Line 3: the name "Lamp" is taken; give each product its own.',))


def test_line_is_counted_where_its_cells_begin() -> None:
    assert read_products('name,facts\nlamp,"a\nb"\n,x\n').problems == (
        "Line 4: the name is missing; write what the item is called.",
    )


@pytest.mark.parametrize("text", ["", "\n", "19.90,lamp\n", "price\n5\n", '"name'])
def test_table_without_named_columns_says_so(text: str) -> None:
    (sentence,) = read_products(text).problems
    assert sentence.endswith(": no column is called name; write name, price above the columns.")


@given(
    st.lists(
        st.lists(st.text(alphabet='ab1.,;|"\t €\r\n\ufeff', max_size=6), max_size=4).map(",".join), max_size=6
    ).map("\n".join)
)
def test_any_text_gives_products_with_names_of_their_own_and_one_line_each(rows: str) -> None:
    found = read_products(f"name,price,minutes\n{rows}")
    names = [product.name.casefold() for product in found.products]
    assert len(set(names)) == len(names)
    assert all(names)
    assert all(len(sentence.splitlines()) == 1 for sentence in found.problems)
