"""`martlive components`: libraries for graphics cards, listed, fetched, checked and removed."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING

from martlive_desktop.core.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from martlive_desktop.adapters.component_store import ComponentState, ComponentStore

NEEDS = {"nvidia": "an NVIDIA card", "vulkan": "any card with Vulkan"}


def add_components(one: argparse.ArgumentParser) -> None:
    """Its actions and what each takes."""
    actions = one.add_subparsers(metavar="ACTION", dest="action", required=True)
    two = actions.add_parser(
        "list", help="what there is for this computer", epilog="example: martlive components list --json"
    )
    two.add_argument("--json", action="store_true", help="for scripts")
    two = actions.add_parser("fetch", help="fetch one", epilog="example: martlive components fetch speech-cuda")
    two.add_argument("name", help="from `martlive components list`")
    two.add_argument("--accept-licence", action="store_true", help="you have read its licence, so do not ask")
    two = actions.add_parser("verify", help="check every byte", epilog="example: martlive components verify")
    two.add_argument("name", nargs="?", help="default: all that are here")
    two = actions.add_parser("remove", help="remove one", epilog="example: martlive components remove speech-cuda")
    two.add_argument("name", help="from `martlive components list`")


def run_components(asked: argparse.Namespace) -> int:
    """Run one of its actions."""
    from martlive_desktop.components import component_store

    actions: dict[str, Callable[[argparse.Namespace, ComponentStore], None]] = {
        "list": _list,
        "fetch": _fetch,
        "verify": _verify,
        "remove": _remove,
    }
    actions[asked.action](asked, component_store())
    return 0


def _list(asked: argparse.Namespace, store: ComponentStore) -> None:
    states = store.list()
    if asked.json:
        print(json.dumps([_facts(one) for one in states], ensure_ascii=False))
        return
    if not states:
        print("There are no components for this kind of computer; everything runs on the processor.")
    for one in states:
        made = one.component
        sizes = f"{made.fetched_bytes / 1e6:.0f} MB to fetch, {made.unpacked_bytes / 1e6:.0f} MB on the disk"
        print(f"{made.name:14} {one.where:9} for {made.engine} on {NEEDS[made.needs]}; {sizes}; {made.licence}")


def _facts(state: ComponentState) -> dict[str, object]:
    made = state.component
    names = ("name", "engine", "version", "needs", "licence", "licence_url", "fetched_bytes", "unpacked_bytes")
    return {name: getattr(made, name) for name in names} | {"where": state.where}


def _fetch(asked: argparse.Namespace, store: ComponentStore) -> None:
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn, TransferSpeedColumn

    from martlive_desktop.components import component_source
    from martlive_desktop.places import settings_path
    from martlive_desktop.settings import load_settings

    state = store.state(asked.name)
    if state.where != "installed" and not asked.accept_licence:
        _ask_licence(state)
    columns = ("{task.description}", BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task(asked.name, total=None)
        folder = store.fetch(
            asked.name,
            component_source(load_settings(settings_path())),
            lambda done, total: bar.update(task, completed=done, total=total),
        )
    print(f"{asked.name} is in {folder}; the next show uses it")


def _ask_licence(state: ComponentState) -> None:
    """Show the licence, and go on only where the user accepts it.

    Raises:
        UsageError: the user does not, or cannot be asked.
    """
    made = state.component
    print(f"{made.name} comes under the {made.licence}: {made.licence_url}", file=sys.stderr)
    if not sys.stdin.isatty():
        raise UsageError(f"Read its licence, then run `martlive components fetch {made.name} --accept-licence`.")
    if input("Do you accept it? [y/N] ").strip().lower() not in {"y", "yes"}:
        raise UsageError(f"Nothing is fetched: {made.name} can only be used under its licence.")


def _verify(asked: argparse.Namespace, store: ComponentStore) -> None:
    names = [asked.name] if asked.name else [one.component.name for one in store.list() if one.where != "missing"]
    if not names:
        print("No component is on this computer; `martlive components list` shows what there is.")
    for name in names:
        store.verify(name)
        print(f"{name} is whole")


def _remove(asked: argparse.Namespace, store: ComponentStore) -> None:
    store.remove(asked.name)
    print(f"{asked.name} is removed")
