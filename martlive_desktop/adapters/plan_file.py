"""A show plan in a file."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from martlive_desktop.core.errors import PlanInvalid
from martlive_desktop.core.plan import parse_plan

if TYPE_CHECKING:
    from pathlib import Path

    from martlive_desktop.core.plan import ShowPlan

MAX_BYTES = 1_000_000
"""A plan of a hundred products has some 50 kB; anything larger is another file, picked by mistake."""


def read_plan(path: Path) -> ShowPlan:
    """The plan in the file at `path`, its pictures as paths from the root.

    Raises:
        PlanInvalid: the file cannot be read, is no text or no plan; it says what to do.
    """
    if path.is_dir():
        raise PlanInvalid(f"{path} is a folder; name the plan's file in it.")
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError as exc:
        raise PlanInvalid(f"There is no plan at {path}; check the name.") from exc
    except OSError as exc:
        raise PlanInvalid(f"The plan at {path} cannot be read ({exc.strerror}); check its permissions.") from exc
    if len(data) > MAX_BYTES:
        raise PlanInvalid(f"{path} is larger than 1 MB, so it is no show plan; choose the plan's .toml file.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        line = data.count(b"\n", 0, exc.start) + 1
        raise PlanInvalid(f"Line {line}: {path} is not UTF-8 text; save it as UTF-8.", line=line) from exc
    return _with_places(parse_plan(text), path.absolute().parent)


def _with_places(plan: ShowPlan, folder: Path) -> ShowPlan:
    """`plan` with its pictures from the root: it writes them from its own folder."""
    products = tuple(
        replace(product, pictures=tuple(str(folder / picture) for picture in product.pictures))
        for product in plan.products
    )
    return replace(plan, products=products)
