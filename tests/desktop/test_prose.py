"""The summary of a show by the real small model."""

from __future__ import annotations

import threading

import pytest

from martlive_desktop.core.coach.prose import facts, template_summary
from martlive_desktop.core.report import Finding, Report, Span
from martlive_desktop.settings import CoachSettings, Settings
from martlive_desktop.summing_up import summarise

pytestmark = pytest.mark.real

LOCAL = Settings(coach=CoachSettings(writer="local"))
SHOW = Report(
    None,
    240_000,
    is_cut_off=False,
    skipped=0,
    is_newer=False,
    shown=(Span(0, 90_000, "dew serum"), Span(90_000, 240_000, "lip oil")),
    strengths=(Finding("answers", 1.0, (("part", 2), ("whole", 2)), ()), Finding("pace", 0.7, (("in_range", 87),), ())),
    focus=Finding("prices", 0.0, (("part", 1), ("whole", 2)), ()),
)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_real_model_chooses_an_opening_and_facts(language: str) -> None:
    # A busy computer loads slowly.
    summary = summarise(SHOW, LOCAL, language, deadline_s=60)
    told = facts(SHOW, language)
    assert summary.source == "local"
    assert summary.text.endswith(told.focus)
    assert sum(line in summary.text for line in told.lines) == 2


def test_real_model_that_has_no_time_leaves_the_template() -> None:
    assert summarise(SHOW, LOCAL, "en", deadline_s=0.001) == (template_summary(facts(SHOW, "en")), "rules")


def test_real_model_is_left_when_nobody_wants_it() -> None:
    cancelled = threading.Event()
    cancelled.set()
    assert summarise(SHOW, LOCAL, "en", cancelled=cancelled).source == "rules"
