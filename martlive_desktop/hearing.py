"""Joins what hears: the speech models of this computer and the process that they run in."""

from __future__ import annotations

import contextlib
import dataclasses
import sys
from typing import TYPE_CHECKING

from martlive_desktop.core.errors import ModelMissing, UsageError
from martlive_desktop.places import model_store

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from martlive_desktop.adapters.model_store import ModelStore
    from martlive_desktop.adapters.recogniser_remote import RemoteRecogniser
    from martlive_desktop.core.plan import ShowPlan
    from martlive_desktop.inference.supervisor import SupervisedRecogniser
    from martlive_desktop.inference.worker import RecogniserConfig
    from martlive_desktop.settings import Settings


def recogniser_config(settings: Settings, language: str, model: str, *, is_live: bool) -> RecogniserConfig:
    """What the process that hears needs, checked.

    Raises:
        UsageError: no model hears this language, or there is no model of this name.
        ModelMissing: the speech model is not on this computer and the user does not want it now.
        ModelDamaged: its bytes are not right.
    """
    from martlive_desktop.components import card_libraries
    from martlive_desktop.core.speech.governor import PACES_BY_NAME
    from martlive_desktop.inference.worker import ModelFolder, RecogniserConfig

    _check_language(language)
    wish = settings.recogniser
    store = model_store()
    # A show in another language keeps its model: a small English one would hear nothing of it.
    small: ModelFolder | None = None
    if language == "en" and wish.small_model != model:
        with contextlib.suppress(ModelMissing):
            small = ModelFolder(store.resolve(wish.small_model), *store.windows(wish.small_model))
    # Tokens of an English model mean nothing to a multilingual one, which may take over in the middle of an utterance.
    larger: list[ModelFolder] = []
    if wish.device != "cpu" and wish.largest_on_gpu and model == wish.model and not model.endswith(".en"):
        larger = [ModelFolder(store.resolve(name), *store.windows(name)) for name in _larger_models(store, model)]
    return RecogniserConfig(
        model=ModelFolder(_resolve_model(store, model), *store.windows(model)),
        small_model=small,
        device=wish.device,
        gpu_models=tuple(larger),
        language=language,
        threads=wish.threads,
        pace=PACES_BY_NAME[wish.pace],
        is_live=is_live,
        cuda_libraries=card_libraries("speech") if wish.device != "cpu" else None,
    )


def _larger_models(store: ModelStore, name: str) -> list[str]:
    """The multilingual speech models on this computer that are larger than `name`."""
    speech = {one.name: one for one in store.list() if one.task == "speech" and one.where in {"installed", "package"}}
    least = speech[name].bytes if name in speech else 0
    return [one for one in speech if speech[one].bytes > least and not one.endswith(".en")]


def start_recogniser(settings: Settings, plan: ShowPlan, model: str, *, is_live: bool) -> SupervisedRecogniser:
    """Start the process that hears; raises what `recogniser_config` does."""
    from martlive_desktop.inference.supervisor import SupervisedRecogniser

    config = recogniser_config(settings, plan.language, model, is_live=is_live)
    return SupervisedRecogniser(dataclasses.replace(config, names=plan.names))


def start_remote_recogniser(
    settings: Settings,
    plan: ShowPlan,
    start_local: Callable[[], SupervisedRecogniser],
    on_leaving: Callable[[bool], None],
) -> RemoteRecogniser:
    """Begin to hear by the remote coach; `start_local` is for when it cannot.

    Raises:
        UsageError: it has no address, or no model hears this language.
        RemoteRefused: there is no key for it.
    """
    from martlive_desktop.adapters.cloud_client import SessionWish
    from martlive_desktop.adapters.recogniser_remote import RemoteRecogniser
    from martlive_desktop.core.speech.governor import PACES_BY_NAME
    from martlive_desktop.remote import remote_client

    _check_language(plan.language)
    has_partials = PACES_BY_NAME[settings.recogniser.pace].partial_step_ms is not None
    wish = SessionWish(plan.language, tuple(plan.names), partials=has_partials)
    client = remote_client(settings.remote)
    return RemoteRecogniser(client, wish, start_local=start_local, on_leaving=on_leaving)


def _check_language(language: str) -> None:
    from martlive_desktop.core.speech.language import AUTO
    from martlive_desktop.core.speech.languages import LANGUAGES

    if language not in {*LANGUAGES, AUTO}:
        raise UsageError(f"MartLive cannot hear the language {language}; give a code like en, es or zh, or auto.")


def _resolve_model(store: ModelStore, name: str) -> Path:
    try:
        return store.resolve(name)
    except ModelMissing:
        known = next((state for state in store.list() if state.name == name), None)
        if known is None or not (sys.stdin.isatty() and sys.stderr.isatty()):
            raise
        print(f"The speech model {name} ({known.bytes / 1e6:.0f} MB) is not on this computer.", file=sys.stderr)
        if input("Download it now? [Y/n] ").strip().lower() not in {"", "y", "yes"}:
            raise
        return pull_model(store, name)


def pull_model(store: ModelStore, name: str, folder: Path | None = None) -> Path:
    """Fetch a model, or copy it out of `folder`, with a progress bar on the terminal.

    Raises:
        MartLiveError: it could not be fetched; what arrived is kept for the next try.
    """
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn, TransferSpeedColumn

    columns = ("{task.description}", BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task(name, total=None)
        return store.pull(name, lambda done, total: bar.update(task, completed=done, total=total), folder=folder)
