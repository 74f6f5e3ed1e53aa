"""Sums up a show in two or three sentences, with the language model on this computer where there is one."""

from __future__ import annotations

import logging
import threading
import time
from contextlib import closing
from typing import TYPE_CHECKING, NamedTuple

from martlive_desktop.core.coach.prose import facts, judge, requests, template_summary
from martlive_desktop.core.errors import MartLiveError

if TYPE_CHECKING:
    from collections.abc import Callable

    from martlive_desktop.core.coach.drafting import Skill
    from martlive_desktop.core.events import TipSource
    from martlive_desktop.core.report import Report
    from martlive_desktop.ports import TipWriter
    from martlive_desktop.settings import Settings

log = logging.getLogger(__name__)

DEADLINE_S = 20.0
"""Nobody waits: the report has its template meanwhile. A model of a billion parameters loads and answers in it."""

_LOOK_EVERY_S = 0.05


class Summary(NamedTuple):
    """What a show was like, in words, and who found them."""

    text: str
    source: TipSource


def summarise(
    report: Report,
    settings: Settings,
    language: str,
    *,
    deadline_s: float = DEADLINE_S,
    cancelled: threading.Event | None = None,
    start: Callable[[Settings, str, float], tuple[Skill, TipWriter] | None] | None = None,
) -> Summary:
    """The summary of `report`; by the rules' own sentences where the model is off, missing, slow or wrong.

    Waits for the model, so call it on a thread of its own.

    Args:
        report: The show.
        settings: Whether a model is wanted, and which.
        language: ISO 639 code of the sentences.
        deadline_s: The longest wait, the loading of the model included.
        cancelled: Set to wait no longer.
        start: Starts the model; what a remote one comes in by.
    """
    from martlive_desktop.adapters.language_packs import load_lexicon
    from martlive_desktop.adapters.resource_files import resource_path
    from martlive_desktop.core.coach.grounding import Grounding

    told = facts(report, language)
    template = Summary(template_summary(told), "rules")
    end_s = time.monotonic() + deadline_s
    try:
        started = (start or _start)(settings, language, deadline_s)
    except (MartLiveError, OSError):
        log.warning("summary without its model")
        started = None
    if started is None:
        return template
    skill, writer = started
    prompts = {path.stem: path.read_text(encoding="utf-8") for path in resource_path("prompts").glob("*.txt")}
    answers: list[str] = []
    with closing(writer):
        asked = requests(told, skill, prompts)
        for request in asked:
            writer.ask(request, answers.append)
        stopped = cancelled or threading.Event()
        while len(answers) < len(asked) and time.monotonic() < end_s and not stopped.wait(_LOOK_EVERY_S):
            continue
    text = judge(told, skill, answers, Grounding.of(load_lexicon(language, settings.coach.platform), ()))
    if text is None:
        log.info("summary is the template's", extra={"answers": len(answers)})
        return template
    return Summary(text, "local")


def _start(settings: Settings, language: str, deadline_s: float) -> tuple[Skill, TipWriter] | None:
    """The local model; None where the rules word alone."""
    from martlive_desktop.coaching import REPHRASE_BYTES
    from martlive_desktop.components import writer_config
    from martlive_desktop.core.report_words import FALLBACK
    from martlive_desktop.inference.writer import SupervisedWriter
    from martlive_desktop.places import model_store

    if settings.coach.writer == "rules":
        return None
    model = next(model_store().resolve(settings.coach.model).glob("*.gguf"), None)
    if model is None:
        return None
    size = model.stat().st_size
    # What a model is told to write is English.
    skill: Skill = "rephrase" if size >= REPHRASE_BYTES and language == FALLBACK else "span"
    return skill, SupervisedWriter(writer_config(model), deadline_s=deadline_s)
