"""The scheduler: which cue is shown, when, and for how long."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from martlive_desktop.core.coach.catalogue import CATALOGUE, CueKind
from martlive_desktop.core.coach.scheduler import Close, Scheduler, SchedulerPolicy, Show
from martlive_desktop.core.events import Cue

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SPEAKING, PAUSE = 0, 350


class Desk:
    """A scheduler with the cues' ids and the conditions that hold kept beside it."""

    def __init__(
        self, policy: SchedulerPolicy | None = None, catalogue: Mapping[str, CueKind] = CATALOGUE, now_ms: int = 100_000
    ) -> None:
        self.catalogue = catalogue
        self.scheduler = Scheduler(policy or SchedulerPolicy(), catalogue)
        self.now_ms = now_ms
        self.holding: set[str] = set()
        self.cues = 0

    def offer(self, kind: str, *, confidence: float = 1.0) -> str:
        """Raise a cue whose condition holds from now on; its id."""
        cue_id = f"c{self.cues}"
        self.cues += 1
        self.holding.add(kind)
        severity = self.catalogue[kind].severity
        self.scheduler.offer(Cue(self.now_ms, kind, confidence, ("seen",), id=cue_id, severity=severity))
        return cue_id

    def at(self, now_ms: int, silence_ms: int = PAUSE) -> list[str]:
        """What happens at `now_ms`: the kinds shown, the ids and ends of those closed."""
        self.now_ms = now_ms
        return told(self.scheduler.advance(now_ms, silence_ms, self.holding))

    def heeded(self, kind: str) -> None:
        """Show `kind` now and let its condition end while it is on screen."""
        self.offer(kind)
        assert self.at(self.now_ms) == [kind]
        self.holding.remove(kind)
        assert [line.split()[1] for line in self.at(self.now_ms + 2_000)] == ["fulfilled"]

    def unheeded(self, kind: str) -> None:
        """Show `kind` now and let its condition hold on."""
        self.offer(kind)
        assert self.at(self.now_ms) == [kind]
        assert [line.split()[1] for line in self.at(self.now_ms + 5_000)] == ["expired"]
        assert self.at(self.now_ms + 15_000) == []


def told(decisions: Sequence[Show | Close]) -> list[str]:
    return [one.cue.kind if isinstance(one, Show) else f"{one.cue_id} {one.how}" for one in decisions]


def test_tip_stays_five_seconds() -> None:
    desk = Desk()
    cue_id = desk.offer("dead_air")
    (shown,) = desk.scheduler.advance(100_000, PAUSE, {"dead_air"})
    assert isinstance(shown, Show)
    assert (shown.cue.id, shown.expires_ms) == (cue_id, 105_000)
    assert desk.at(104_999) == []
    assert desk.at(105_000) == ["c0 expired"]


def test_severity_0_does_not_wait_for_a_breakpoint() -> None:
    desk = Desk()
    desk.offer("mic_silent")
    assert desk.at(100_000, SPEAKING) == ["mic_silent"]


@pytest.mark.parametrize("kind", ["dead_air", "price_missing", "well_done", "claim_medical"])
def test_other_severities_wait_for_a_breakpoint(kind: str) -> None:
    desk = Desk()
    desk.offer(kind)
    assert desk.at(103_000, 349) == []
    assert desk.at(104_000, 350) == [kind]


def test_severity_1_comes_after_six_seconds_anyway() -> None:
    desk = Desk()
    desk.offer("dead_air")
    assert desk.at(105_999, SPEAKING) == []
    assert desk.at(106_000, SPEAKING) == ["dead_air"]


@pytest.mark.parametrize("kind", ["price_missing", "well_done"])
def test_severity_2_and_3_are_dropped_after_twenty_seconds(kind: str) -> None:
    desk = Desk()
    desk.offer(kind)
    assert desk.at(120_000, SPEAKING) == []
    assert desk.at(120_001, PAUSE) == []


def test_severity_2_is_still_shown_at_twenty_seconds() -> None:
    desk = Desk()
    desk.offer("price_missing")
    assert desk.at(120_000, PAUSE) == ["price_missing"]


def test_condition_is_checked_again_before_it_is_shown() -> None:
    desk = Desk()
    desk.offer("dead_air")
    desk.holding.clear()
    assert desk.at(103_000) == []
    desk.holding.add("dead_air")
    assert desk.at(104_000) == ["dead_air"]


def test_severity_1_that_is_not_true_after_its_wait_is_dropped() -> None:
    desk = Desk()
    desk.offer("dead_air")
    desk.holding.clear()
    assert desk.at(106_001) == []
    desk.holding.add("dead_air")
    assert desk.at(107_000) == []


def test_severity_0_that_is_not_true_is_dropped() -> None:
    desk = Desk()
    desk.offer("mic_silent")
    desk.holding.clear()
    assert desk.at(100_001) == []
    desk.holding.add("mic_silent")
    assert desk.at(100_002) == []


def test_nothing_but_severity_0_in_the_first_twenty_seconds() -> None:
    desk = Desk(now_ms=0)
    desk.offer("claim_medical")
    desk.offer("dead_air")
    assert desk.at(19_999) == []
    assert desk.at(20_000) == ["claim_medical"]
    early = Desk(now_ms=0)
    early.offer("mic_silent")
    assert early.at(1_000) == ["mic_silent"]


def test_lower_severity_number_comes_first() -> None:
    desk = Desk()
    desk.offer("price_missing", confidence=1.0)
    desk.offer("dead_air", confidence=0.1)
    assert desk.at(100_000) == ["dead_air"]


def test_higher_confidence_comes_first() -> None:
    desk = Desk()
    desk.offer("price_missing", confidence=0.8)
    desk.offer("ask_room", confidence=0.9)
    assert desk.at(100_000) == ["ask_room"]


def test_weight_halves_in_fifteen_seconds() -> None:
    desk = Desk()
    desk.offer("price_missing", confidence=0.9)
    desk.now_ms = 115_000
    desk.offer("ask_room", confidence=0.46)
    assert desk.at(115_000) == ["ask_room"]


def test_newest_cue_of_a_kind_is_the_one_that_waits() -> None:
    desk = Desk()
    desk.offer("price_missing")
    desk.now_ms = 110_000
    desk.offer("price_missing")
    (shown,) = desk.scheduler.advance(112_000, PAUSE, {"price_missing"})
    assert isinstance(shown, Show)
    assert shown.cue.id == "c1"
    assert desk.at(140_000) == ["c1 expired"]


def test_twenty_seconds_lie_between_two_tips() -> None:
    desk = Desk()
    desk.offer("dead_air")
    assert desk.at(100_000) == ["dead_air"]
    desk.offer("price_mismatch")
    assert desk.at(119_999) == ["c0 expired"]
    assert desk.at(120_000) == ["price_mismatch"]


def test_severity_1_whose_wait_ends_in_the_gap_comes_at_its_end_without_a_breakpoint() -> None:
    desk = Desk()
    desk.offer("dead_air")
    desk.at(100_000)
    desk.at(105_000)
    desk.offer("price_mismatch")
    assert desk.at(119_999, SPEAKING) == []
    assert desk.at(120_000, SPEAKING) == ["price_mismatch"]


def test_gap_follows_severity_0_and_claims_too() -> None:
    for kind in ("mic_silent", "claim_medical"):
        desk = Desk()
        desk.offer(kind)
        assert desk.at(100_000) == [kind]
        desk.offer("dead_air")
        assert desk.at(119_999) == ["c0 expired"]
        assert desk.at(120_000) == ["dead_air"]


def test_claim_keeps_a_gap_that_ends_within_its_wait() -> None:
    desk = Desk()
    desk.offer("dead_air")
    desk.at(100_000)
    desk.at(114_000)
    desk.offer("claim_medical")
    assert desk.at(119_999) == []
    assert desk.at(120_000) == ["claim_medical"]


def test_claim_breaks_a_gap_that_would_outlast_it() -> None:
    desk = Desk()
    desk.offer("dead_air")
    desk.at(100_000)
    desk.at(113_999)
    desk.offer("claim_medical")
    assert desk.at(114_000, SPEAKING) == []
    assert desk.at(115_000, PAUSE) == ["claim_medical"]


def test_claim_waits_until_the_card_before_it_is_gone() -> None:
    desk = Desk()
    desk.offer("dead_air")
    desk.at(100_000)
    desk.now_ms = 101_000
    desk.offer("off_platform")
    assert desk.at(104_999) == []
    assert desk.at(105_000) == ["c0 expired", "off_platform"]


def test_severity_0_supersedes_the_card_on_screen() -> None:
    desk = Desk()
    desk.offer("dead_air")
    desk.at(100_000)
    desk.now_ms = 101_000
    desk.offer("mic_silent")
    assert desk.at(101_000, SPEAKING) == ["c0 superseded", "mic_silent"]


MANY = {f"k{i}": CueKind(f"k{i}", 1, 30_000) for i in range(40)} | {
    "claim": CueKind("claim", 1, 30_000, is_claim=True),
    "alarm": CueKind("alarm", 0, 30_000),
}


def fill(desk: Desk, kinds: int) -> None:
    """Show so many kinds, 20 s apart."""
    for number in range(kinds):
        desk.offer(f"k{number}")
        assert f"k{number}" in desk.at(desk.now_ms)
        desk.holding.clear()
        desk.at(desk.now_ms + 20_000)


@pytest.mark.parametrize(("is_novice", "limit"), [(False, 6), (True, 4)])
def test_only_so_many_tips_in_ten_minutes(is_novice: bool, limit: int) -> None:
    desk = Desk(SchedulerPolicy(is_novice=is_novice), MANY)
    fill(desk, limit)
    desk.offer("k30")
    assert desk.at(699_999) == []
    assert desk.at(700_000) == ["k30"]


def test_severity_0_and_claims_are_exempt_from_the_limit() -> None:
    desk = Desk(catalogue=MANY)
    fill(desk, 6)
    for kind in ("alarm", "claim"):
        desk.offer(kind)
        assert kind in desk.at(desk.now_ms)
        desk.holding.clear()
        desk.at(desk.now_ms + 20_000)


def test_severity_0_and_claims_do_not_use_up_the_limit() -> None:
    desk = Desk(catalogue=MANY)
    for kind in ("alarm", "claim"):
        desk.offer(kind)
        desk.at(desk.now_ms)
        desk.holding.clear()
        desk.at(desk.now_ms + 20_000)
    fill(desk, 6)


def test_fulfilled_tip_leaves_but_not_before_it_was_read() -> None:
    desk = Desk()
    desk.offer("price_missing")
    desk.at(100_000)
    desk.holding.clear()
    assert desk.at(101_499) == []
    assert desk.at(101_500) == ["c0 fulfilled"]


def test_tip_whose_condition_comes_back_before_it_was_read_stays() -> None:
    desk = Desk()
    desk.offer("price_missing")
    desk.at(100_000)
    desk.holding.clear()
    desk.at(101_000)
    desk.holding.add("price_missing")
    assert desk.at(102_000) == []


def test_kind_comes_again_one_cooldown_after_its_cue() -> None:
    desk = Desk()
    desk.offer("dead_air")
    desk.at(103_000)
    desk.holding.clear()
    desk.at(108_000)
    desk.now_ms = 144_999
    desk.offer("dead_air")
    assert desk.at(144_999) == []
    desk.now_ms = 145_000
    desk.offer("dead_air")
    assert desk.at(145_000) == ["dead_air"]


def test_unheeded_tip_doubles_the_cooldown() -> None:
    desk = Desk()
    desk.unheeded("dead_air")
    desk.now_ms = 189_999
    desk.offer("dead_air")
    assert desk.at(189_999) == []
    desk.now_ms = 190_000
    desk.unheeded("dead_air")
    desk.now_ms = 190_000 + 179_999
    desk.offer("dead_air")
    assert desk.at(desk.now_ms) == []
    desk.now_ms = 190_000 + 180_000
    desk.offer("dead_air")
    assert desk.at(desk.now_ms) == ["dead_air"]


def test_after_three_unheeded_tips_a_kind_is_only_in_the_report() -> None:
    desk = Desk()
    for at_ms in (100_000, 1_000_000, 2_000_000):
        desk.now_ms = at_ms
        desk.unheeded("dead_air")
    desk.now_ms = 20_000_000
    desk.offer("dead_air")
    assert desk.at(20_000_000) == []


def test_heeded_tip_sets_the_cooldown_back() -> None:
    desk = Desk()
    desk.unheeded("dead_air")
    desk.now_ms = 190_000
    desk.heeded("dead_air")
    desk.now_ms = 235_000
    desk.offer("dead_air")
    assert desk.at(235_000) == ["dead_air"]


def test_advice_followed_after_the_tip_has_gone_counts_as_heeded() -> None:
    desk = Desk()
    desk.offer("dead_air")
    desk.at(100_000)
    assert desk.at(105_000) == ["c0 expired"]
    desk.holding.clear()
    desk.at(119_000)
    desk.now_ms = 145_000
    desk.offer("dead_air")
    assert desk.at(145_000) == ["dead_air"]


def test_dismissed_tip_leaves_and_quadruples_the_cooldown() -> None:
    desk = Desk()
    desk.offer("dead_air")
    desk.at(100_000)
    assert told(desk.scheduler.dismiss(101_000)) == ["c0 dismissed"]
    desk.at(140_000)
    desk.now_ms = 279_999
    desk.offer("dead_air")
    assert desk.at(279_999) == []
    desk.now_ms = 280_000
    desk.offer("dead_air")
    assert desk.at(280_000) == ["dead_air"]


def test_dismissing_an_empty_screen_does_nothing() -> None:
    assert Scheduler(SchedulerPolicy()).dismiss(1_000) == []


def test_dismissing_a_tip_whose_time_is_over_is_no_dismissal() -> None:
    desk = Desk()
    desk.offer("dead_air")
    desk.at(100_000)
    assert told(desk.scheduler.dismiss(105_000)) == ["c0 expired"]
    desk.holding.clear()
    desk.at(110_000)
    desk.now_ms = 145_000
    desk.offer("dead_air")
    assert desk.at(145_000) == ["dead_air"]


def test_coaching_off_clears_the_screen_and_what_waits() -> None:
    desk = Desk()
    desk.offer("dead_air")
    desk.at(100_000)
    desk.offer("price_missing")
    assert told(desk.scheduler.switch(False, 101_000)) == ["c0 superseded"]
    desk.offer("mic_silent")
    assert desk.at(119_000) == []
    assert told(desk.scheduler.switch(True, 119_500)) == []
    assert desk.at(120_000) == []


def test_coaching_off_is_not_held_against_the_tip() -> None:
    desk = Desk()
    desk.offer("dead_air")
    desk.at(100_000)
    desk.scheduler.switch(False, 101_000)
    desk.at(130_000)
    desk.scheduler.switch(True, 131_000)
    desk.now_ms = 145_000
    desk.offer("dead_air")
    assert desk.at(145_000) == ["dead_air"]


def test_coaching_off_with_an_empty_screen_closes_nothing() -> None:
    assert Scheduler(SchedulerPolicy()).switch(False, 1_000) == []


def test_kind_that_is_off_is_not_shown() -> None:
    desk = Desk(SchedulerPolicy(off_kinds=frozenset({"mic_silent"})))
    desk.offer("mic_silent")
    assert desk.at(100_000) == []


def test_severity_3_is_for_the_report_unless_chosen() -> None:
    desk = Desk(SchedulerPolicy(live_report_kinds=frozenset()))
    desk.offer("well_done")
    assert desk.at(100_000) == []


def test_praise_that_went_by_is_not_unheeded() -> None:
    desk = Desk(SchedulerPolicy())
    for at_ms in (100_000, 1_000_000, 1_900_000, 2_800_000):
        desk.now_ms = at_ms
        desk.unheeded("well_done")


STEPS = st.lists(
    st.tuples(
        st.integers(1, 30_000),  # time that passes, in ms
        st.sampled_from([SPEAKING, PAUSE]),
        st.lists(st.sampled_from(sorted(CATALOGUE)), max_size=3),  # raised
        st.sets(st.sampled_from(sorted(CATALOGUE)), max_size=6),  # no longer true
        st.sampled_from(["", "", "", "", "dismiss", "off", "on"]),
    ),
    min_size=20,
    max_size=120,
)


@given(STEPS, st.booleans())
def test_no_course_of_events_breaks_the_limits(
    steps: list[tuple[int, int, list[str], set[str], str]], is_novice: bool
) -> None:
    desk = Desk(SchedulerPolicy(is_novice=is_novice), now_ms=0)
    shown: list[tuple[int, Cue]] = []
    open_id, since_ms, is_on = "", 0, True
    for passed_ms, silence_ms, raised, ended, command in steps:
        desk.now_ms += passed_ms
        closes: Sequence[Show | Close] = []
        if command == "dismiss":
            closes = desk.scheduler.dismiss(desk.now_ms)
        elif command:
            is_on = command == "on"
            closes = desk.scheduler.switch(is_on, desk.now_ms)
        for kind in raised:
            desk.offer(kind)
        desk.holding -= ended
        for one in [*closes, *desk.scheduler.advance(desk.now_ms, silence_ms, desk.holding)]:
            if isinstance(one, Close):
                assert one.cue_id == open_id
                assert one.how != "fulfilled" or desk.now_ms - since_ms >= 1_500
                open_id = ""
                continue
            assert not open_id
            assert is_on
            assert one.cue.kind in desk.holding
            assert one.cue.severity == 0 or silence_ms == PAUSE or desk.now_ms - one.cue.at_ms >= 6_000
            assert one.cue.severity < 2 or desk.now_ms - one.cue.at_ms <= 20_000
            open_id, since_ms = one.cue.id, desk.now_ms
            shown.append((desk.now_ms, one.cue))
        assert not open_id or desk.now_ms - since_ms < 5_000
    assert all(cue.severity == 0 or at_ms >= 20_000 for at_ms, cue in shown)
    for (before_ms, _), (at_ms, cue) in itertools.pairwise(shown):
        assert cue.severity == 0 or CATALOGUE[cue.kind].is_claim or at_ms - before_ms >= 20_000
    counted = [at_ms for at_ms, cue in shown if cue.severity and not CATALOGUE[cue.kind].is_claim]
    limit = 4 if is_novice else 6
    assert all(later - first >= 600_000 for first, later in zip(counted, counted[limit:], strict=False))
    for name in CATALOGUE:
        same = [cue.at_ms for _, cue in shown if cue.kind == name]
        assert all(later - first >= CATALOGUE[name].cooldown_ms for first, later in itertools.pairwise(same))


def test_half_life_must_be_more_than_nothing() -> None:
    with pytest.raises(ValueError, match=r"^half_life_ms must be more than 0$"):
        SchedulerPolicy(half_life_ms=0)
