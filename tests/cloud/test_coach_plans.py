"""Plans as JSON: the rules of a plan file."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cloud_api.coach.plans import MOST_PRODUCTS, plan_of
from cloud_api.errors import Refusal
from martlive_desktop.core.plan import Product, ShowPlan


def test_plan_of_json_is_that_of_a_file() -> None:
    plan = plan_of(
        json.loads('{"title": null, "mode": "talk", "language": "ZH", "products": [{"name": "lamp", "price": 59, "facts": ["warm"]}]}'),
        "en",
    )  # fmt: skip
    assert plan == ShowPlan(mode="talk", language="zh", products=(Product("lamp", price=59.0, facts=("warm",)),))


def test_no_plan_has_the_language_of_the_session() -> None:
    assert plan_of(None, "zh") == ShowPlan(language="zh")


def test_names_of_files_are_left_out() -> None:
    [product] = plan_of({"products": [{"name": "lamp", "pictures": ["../../etc/passwd"]}]}, "en").products
    assert product.pictures == ()


@pytest.mark.parametrize(
    ("plan", "field"),
    [
        ({"titel": "x"}, "plan.titel"),
        ({"mode": "sell"}, "plan.mode"),
        ({"language": "../../etc"}, "plan.language"),
        ({"products": [{"price": 3}]}, "plan.name"),
        ({"products": [{"name": "a", "price": "3"}]}, "plan.price"),
        ({"products": [{"name": "a", "price": float("nan")}]}, "plan.price"),
        ({"products": [{"name": "a"}, {"name": "A"}]}, "plan.name"),
        ({"products": [{"name": "a"}] * (MOST_PRODUCTS + 1)}, "plan.products"),
        ({"products": {"name": "a"}}, "plan.products"),
        ({"products": ["a"]}, "plan.products"),
        ({"title": "x" * 100_001}, "plan"),
        ({"title": "\ud800"}, "plan"),
        ({"sponsor": [None]}, "plan"),
        ({"minutes": 10**400}, "plan.minutes"),
    ],
)
def test_field_that_is_not_valid_is_named(plan: dict[str, Any], field: str) -> None:
    with pytest.raises(Refusal) as caught:
        plan_of(plan, "en")
    assert (caught.value.name, caught.value.facts["errors"]) == ("invalid", [{"field": field}])
    assert not caught.value.detail.startswith("Line")
