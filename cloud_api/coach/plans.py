"""Show plans as they come over the network: JSON with the fields and rules of a plan file."""

from __future__ import annotations

import dataclasses
import json
import re
from typing import TYPE_CHECKING, Any

import tomli_w

from cloud_api.errors import Refusal
from martlive_desktop.core.errors import PlanInvalid
from martlive_desktop.core.plan import ShowPlan, parse_plan

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_PRODUCTS = 300
"""What the detectors are built and measured for."""

MOST_CHARACTERS = 100_000
"""Of the whole plan: each of 300 products may have a paragraph."""


def plan_of(plan: Mapping[str, Any] | None, language: str) -> ShowPlan:
    """The plan in `plan`, null being a field that is not there; `language` is spoken where it names none.

    Raises:
        Refusal: `invalid`, with the field.
    """
    if plan is None:
        return ShowPlan(language=language)
    given = {name: value for name, value in plan.items() if value is not None}
    products = given.get("products", [])
    if isinstance(products, list | tuple):
        if len(products) > MOST_PRODUCTS:
            raise _invalid("products", f"A plan has at most {MOST_PRODUCTS} products.")
        given["products"] = [
            {name: value for name, value in one.items() if value is not None} if isinstance(one, dict) else one
            for one in products
        ]
    try:
        # A lone surrogate is JSON, but no text.
        if len(json.dumps(given, ensure_ascii=False).encode()) > MOST_CHARACTERS:
            raise _invalid("plan", f"A plan has at most {MOST_CHARACTERS} characters.")
        read = parse_plan(tomli_w.dumps(given), language)
    except PlanInvalid as exc:
        raise _invalid(exc.field or "plan", re.sub(r"^Line \d+: ", "", str(exc))) from exc
    except (TypeError, ValueError) as exc:
        raise _invalid("plan", "The plan is not made of text, numbers and lists.") from exc
    # Names of files mean nothing here, and must not be opened.
    return dataclasses.replace(
        read, products=tuple(dataclasses.replace(product, pictures=()) for product in read.products)
    )


def _invalid(field: str, sentence: str) -> Refusal:
    return Refusal("invalid", sentence, errors=[{"field": f"plan.{field}" if field != "plan" else field}])
