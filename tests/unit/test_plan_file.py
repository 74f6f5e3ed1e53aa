"""Plans on disk: what is written is read again, and the old file outlives what goes wrong."""

from __future__ import annotations

import errno
import os
import stat
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from martlive_desktop.adapters.plan_file import MAX_BYTES, read_plan, read_table, read_templates, write_plan
from martlive_desktop.core.errors import PlanInvalid
from martlive_desktop.core.plan import Product, ShowPlan

if TYPE_CHECKING:
    from collections.abc import Callable

PLAN = ShowPlan(
    title="Thursday 周四",
    mode="talk",
    language="zh",
    sponsored=True,
    sponsor="Pine and Ember",
    currency="EUR",
    minutes=45.0,
    products=(
        Product(
            name='a "quoted" lamp',
            aliases=("lamp",),
            price=24.5,
            facts=("cut by hand", "玻璃"),
            talking_points=("the wind cannot touch it",),
            do_not_say=("cures",),
            minutes=2.5,
        ),
        Product(name="teapot"),
    ),
)


def test_written_plan_is_read_again(tmp_path: Path) -> None:
    write_plan(PLAN, tmp_path / "plan.toml")
    assert read_plan(tmp_path / "plan.toml") == PLAN
    write_plan(ShowPlan(), tmp_path / "plan.toml")
    assert read_plan(tmp_path / "plan.toml") == ShowPlan()
    assert [file.name for file in tmp_path.iterdir()] == ["plan.toml"]


WORDS = st.text(max_size=12).map(lambda text: " ".join(text.split()))
LISTS = st.lists(WORDS.filter(bool), max_size=3).map(tuple)
MINUTES = st.none() | st.floats(0.1, 1440)
PRODUCTS = st.builds(
    Product,
    name=WORDS.filter(bool),
    aliases=LISTS,
    price=st.none() | st.floats(0, 1e9, exclude_min=True),
    facts=LISTS,
    talking_points=LISTS,
    do_not_say=LISTS,
    minutes=MINUTES,
)
PLANS = st.builds(
    ShowPlan,
    title=WORDS,
    mode=st.sampled_from(["selling", "gaming", "talk"]),
    language=st.sampled_from(["en", "zh", "auto"]),
    sponsored=st.booleans(),
    sponsor=WORDS,
    currency=st.sampled_from(["USD", "EUR", "CNY"]),
    minutes=MINUTES,
    products=st.lists(PRODUCTS, max_size=3, unique_by=lambda one: one.name.casefold()).map(tuple),
)


@given(PLANS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_plan_is_read_again_as_it_was(tmp_path: Path, plan: ShowPlan) -> None:
    write_plan(plan, tmp_path / "plan.toml")
    assert read_plan(tmp_path / "plan.toml") == plan


def test_pictures_move_with_the_folder_of_the_plan(tmp_path: Path) -> None:
    here = tmp_path / "here"
    here.mkdir()
    pictures = (str(here / "pictures/front.jpg"), str(tmp_path / "elsewhere.png"))
    plan = ShowPlan(products=(Product("lamp", pictures=pictures),))
    write_plan(plan, here / "plan.toml")
    assert read_plan(here / "plan.toml") == plan
    here.rename(tmp_path / "there")
    moved = str(tmp_path / "there/pictures/front.jpg")
    assert read_plan(tmp_path / "there/plan.toml").products[0].pictures == (moved, pictures[1])


@pytest.mark.skipif(os.name != "posix", reason="permissions of another kind")
def test_plan_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "plan.toml"
    path.write_text("", encoding="utf-8")
    path.chmod(0o644)
    write_plan(PLAN, path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_plan_behind_a_link_is_written_where_it_is(tmp_path: Path) -> None:
    (tmp_path / "link.toml").symlink_to(tmp_path / "plan.toml")
    write_plan(PLAN, tmp_path / "link.toml")
    assert (tmp_path / "link.toml").is_symlink()
    assert read_plan(tmp_path / "plan.toml") == PLAN


def refusal(act: Callable[[], Any]) -> PlanInvalid:
    with pytest.raises(PlanInvalid) as caught:
        act()
    assert len(str(caught.value).splitlines()) == 1
    return caught.value


def test_full_disk_leaves_the_old_plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "plan.toml"
    write_plan(PLAN, path)

    def full(_file: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    assert str(refusal(lambda: write_plan(ShowPlan(title="new"), path))) == (
        f"The plan cannot be saved at {path} (No space left on device); choose another place."
    )
    assert read_plan(path) == PLAN
    assert [file.name for file in tmp_path.iterdir()] == ["plan.toml"]


def test_place_that_is_none_says_so(tmp_path: Path) -> None:
    path = tmp_path / "nowhere/plan.toml"
    assert str(refusal(lambda: write_plan(PLAN, path))) == (
        f"The plan cannot be saved at {path} (No such file or directory); choose another place."
    )
    (tmp_path / "loop.toml").symlink_to(tmp_path / "loop.toml")
    assert "choose another place." in str(refusal(lambda: write_plan(PLAN, tmp_path / "loop.toml")))


def test_plan_that_could_not_be_read_again_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "plan.toml"
    lamp = Product("lamp")
    refused = refusal(lambda: write_plan(ShowPlan(products=(lamp, replace(lamp, name="LAMP"))), path))
    assert str(refused) == 'name "LAMP" is taken; give each product its own.'
    assert (refused.field, refused.line) == ("name", None)
    assert "1 MB" in str(refusal(lambda: write_plan(ShowPlan(title="x" * MAX_BYTES), path)))
    assert "character" in str(refusal(lambda: write_plan(ShowPlan(title="\ud800"), path)))
    assert not path.exists()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_table_is_read_as_spreadsheets_save_it(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "table.csv"
    path.write_text("name\ncafé 茶\n", encoding=encoding, newline="")
    assert read_table(path) == "name\ncafé 茶\n"


def test_table_that_cannot_be_used_says_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    assert str(refusal(lambda: read_table(path))) == (
        f"The table at {path} cannot be read (No such file or directory); check its name."
    )
    path.write_bytes("name\n\xe4".encode("latin-1"))
    assert str(refusal(lambda: read_table(path))) == "table.csv is not UTF-8 text; save it as “CSV UTF-8”."
    path.write_bytes(b"x" * (MAX_BYTES + 1))
    assert "1 MB" in str(refusal(lambda: read_table(path)))


def test_there_is_a_template_for_every_kind_of_show() -> None:
    templates = read_templates()
    assert sorted(templates) == ["gaming", "selling", "talk"]
    assert all(plan.title and plan.minutes and len(plan.products) > 1 for plan in templates.values())
