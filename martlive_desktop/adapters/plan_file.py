"""A show plan in a file, and the tables and templates that one begins with."""

from __future__ import annotations

import codecs
import os
import tempfile
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tomli_w

from martlive_desktop.adapters.resource_files import resource_path
from martlive_desktop.core.errors import PlanInvalid
from martlive_desktop.core.plan import parse_plan

if TYPE_CHECKING:
    from martlive_desktop.core.plan import Mode, ShowPlan

MAX_BYTES = 1_000_000
"""A plan of a hundred products has some 50 kB; anything larger is another file, picked by mistake."""


def read_plan(path: Path, language: str = "en") -> ShowPlan:
    """The plan in the file at `path`, its pictures as paths from the root; `language` is spoken where it names none.

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
    return _with_places(parse_plan(text, language), path.absolute().parent)


def write_plan(plan: ShowPlan, path: Path) -> None:
    """Keep `plan` at `path`, readable by its owner alone; the old file stays until the new one is whole.

    Pictures beneath the plan's folder are written from there, so that the folder can be moved.

    Raises:
        PlanInvalid: the plan cannot be read back, or the file cannot be written; it says what to do.
    """
    text = tomli_w.dumps(_fields(plan, path.absolute().parent))
    try:
        data = text.encode()
    except UnicodeEncodeError as exc:
        raise PlanInvalid("The plan has a character that no file can hold; type that word again.") from exc
    if len(data) > MAX_BYTES:
        raise PlanInvalid("The plan is larger than 1 MB; shorten its lists, or make two plans of it.")
    try:
        parse_plan(text)
    except PlanInvalid as exc:
        # The line is one of a file that does not exist.
        raise PlanInvalid(str(exc).removeprefix(f"Line {exc.line}: "), field=exc.field) from exc
    try:
        _replace(path.resolve(), data)
    except (OSError, RuntimeError) as exc:
        reason = exc.strerror if isinstance(exc, OSError) else "its link leads nowhere"
        raise PlanInvalid(f"The plan cannot be saved at {path} ({reason}); choose another place.") from exc


def _replace(path: Path, data: bytes) -> None:
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name[:64]}.", delete=False) as file:
        new = Path(file.name)
        try:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
            # Windows replaces no file by one that is open.
            file.close()
            new.replace(path)
        except OSError:
            file.close()
            new.unlink(missing_ok=True)
            raise


def _fields(plan: ShowPlan, folder: Path) -> dict[str, Any]:
    """What is written of `plan`: the title, the kind, and all that is not as usual."""
    fields = {name: value for name, value in asdict(plan).items() if value or name in {"title", "mode"}}
    fields["products"] = [
        {name: value for name, value in product.items() if value} for product in fields.pop("products", ())
    ]
    for product in fields["products"]:
        if "pictures" in product:
            product["pictures"] = [_from(folder, picture) for picture in product["pictures"]]
    return fields if fields["products"] else {name: fields[name] for name in fields if name != "products"}


def _from(folder: Path, picture: str) -> str:
    place = Path(picture)
    return place.relative_to(folder).as_posix() if place.is_relative_to(folder) else picture


def read_table(path: Path) -> str:
    """The text of the CSV file at `path`.

    Raises:
        PlanInvalid: the file cannot be read or is no text; it says what to do.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as exc:
        raise PlanInvalid(f"The table at {path} cannot be read ({exc.strerror}); check its name.") from exc
    if len(data) > MAX_BYTES:
        raise PlanInvalid(f"{path.name} is larger than 1 MB; keep the products of this show only.")
    # Excel's "Unicode text".
    is_wide = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        return data.decode("utf-16" if is_wide else "utf-8-sig")
    except UnicodeDecodeError as exc:
        raise PlanInvalid(f"{path.name} is not UTF-8 text; save it as “CSV UTF-8”.") from exc


def read_templates() -> dict[Mode, ShowPlan]:
    """A small plan for each kind of show."""
    plans = [read_plan(file) for file in sorted(resource_path("plans").glob("*.toml"))]
    return {plan.mode: plan for plan in plans}


def _with_places(plan: ShowPlan, folder: Path) -> ShowPlan:
    """`plan` with its pictures from the root: it writes them from its own folder."""
    products = tuple(
        replace(product, pictures=tuple(str(folder / picture) for picture in product.pictures))
        for product in plan.products
    )
    return replace(plan, products=products)
