"""What the cloud benches count, on streams made up for it."""

from __future__ import annotations

import pytest

from tests.bench.cloud_faults import Fault, faults_table, resumes
from tests.bench.cloud_load import Asked, Final, Gap, Talk, describe, partial_steps, summary, transcript_finals, waits
from tests.bench.cloud_peers import Segments, Step, table, why_not
from tests.bench.cloud_score import Difference, Shown, difference, end_waits, is_growing, settled, utterance_ends
from tests.bench.cloud_services import gauge
from tests.bench.cloud_sockets import BINARY, TEXT, header, parse_message
from tests.bench.cloud_sound import Sound, make_sound, voiced_frames
from tests.bench.speech_score import SpokenWord

np = pytest.importorskip("numpy")

WORDS = (SpokenWord("one", 0.0, 0.4), SpokenWord("two", 0.4, 0.9), SpokenWord("three", 2.0, 2.4))


def _lower(text: str) -> str:
    return text.lower()


def test_runs_that_say_the_same_do_not_differ() -> None:
    assert difference({0: "a", 1: "b"}, [(0, "a"), (1, "b")]).is_none


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([(0, "a")], Difference(lost=(1,))),
        ([(0, "a"), (1, "b"), (1, "b")], Difference(doubled=(1,))),
        ([(0, "a"), (1, "c")], Difference(changed=(1,))),
        ([(0, "a"), (1, "b"), (2, "c")], Difference(extra=(2,))),
    ],
    ids=["lost", "doubled", "changed", "extra"],
)
def test_difference_is_named(given: list[tuple[int, str]], expected: Difference) -> None:
    assert difference({0: "a", 1: "b"}, given) == expected


def test_differences_add_up() -> None:
    total = Difference(lost=(1,)) + Difference(lost=(2,), changed=(3,))
    assert total.counts() == {"lost": 2, "doubled": 0, "changed": 1, "extra": 0}


def test_word_stands_from_when_it_is_not_taken_back_any_more() -> None:
    shown = [Shown(1.0, "one"), Shown(2.0, "one too"), Shown(3.0, "One two"), Shown(4.0, "one two three")]
    assert settled(shown, _lower) == [("one", 1.0), ("two", 3.0), ("three", 4.0)]


def test_word_that_was_away_for_a_while_counts_from_its_return() -> None:
    shown = [Shown(1.0, "one"), Shown(2.0, "won"), Shown(3.0, "one")]
    assert settled(shown, _lower) == [("one", 3.0)]


def test_correction_before_a_word_does_not_make_it_late() -> None:
    shown = [Shown(1.0, "won two"), Shown(5.0, "one two")]
    assert settled(shown, _lower) == [("one", 5.0), ("two", 1.0)]


def test_utterance_ends_where_its_voice_does() -> None:
    # 1.02 s of voice: Whisper ended the word at 0.9 s.
    voiced = [True] * 32 + [False] * 30 + [True] * 14 + [False] * 30
    assert [(index, round(end_s, 3)) for index, end_s in utterance_ends(WORDS, voiced)] == [(1, 1.024), (2, 2.432)]


def test_wait_is_from_the_end_of_the_voice_to_words_that_stand() -> None:
    shown = [Shown(0.5, "one"), Shown(1.5, "one too"), Shown(2.0, "one two"), Shown(3.0, "one two three")]
    voiced = [True] * 32 + [False] * 30 + [True] * 14 + [False] * 30
    found = end_waits(shown, WORDS, voiced, _lower)
    assert [round(wait, 2) for _, wait in found] == [0.98, 0.57]


def test_waits_that_grow_are_seen() -> None:
    assert is_growing([(float(at), 1.0 + at) for at in range(9)])
    assert not is_growing([(float(at), 1.0 + at % 2) for at in range(9)])


def test_voice_goes_on_down_to_the_lower_threshold() -> None:
    assert voiced_frames([0.4, 0.6, 0.4, 0.3, 0.4]) == [False, True, True, False, False]


def _recordings() -> list[object]:
    from tests.bench.cloud_sound import Recording

    return [
        Recording(str(n), np.full(512 * 20, n, np.int16), f"word{n}", (True,) * 20, (SpokenWord(f"word{n}", 0.1, 0.5),))
        for n in range(1, 6)
    ]


def test_stream_says_everything_once_a_round_and_fits() -> None:
    sound = make_sound(_recordings(), seconds=20.0, number=0)  # type: ignore[arg-type]
    texts = sound.reference.split()
    assert sorted(texts[:5]) == ["word1", "word2", "word3", "word4", "word5"]
    assert sound.seconds <= 21.6
    assert len(sound.pcm) == 512 * len(sound.voiced)
    assert len(sound.words) == len(texts)


def test_streams_differ_in_order_and_each_is_the_same_again() -> None:
    first, again, other = (make_sound(_recordings(), seconds=20.0, number=n) for n in (0, 0, 1))  # type: ignore[arg-type]
    assert (first.pcm == again.pcm).all()
    assert first.reference != other.reference


def test_end_of_speech_is_the_last_voice_before() -> None:
    sound = Sound(np.zeros(512 * 10, np.int16), "", (False, True, True, False, False, True, False, False, False, False))
    assert [sound.speech_end_ms(at_ms) for at_ms in (32, 150, 320)] == [None, 96, 192]


def _talk(**fields: object) -> Talk:
    sound = Sound(np.zeros(512, np.int16), "one two", (True,))
    return Talk(Asked("http://127.0.0.1:1", "key", sound), began_at_s=100.0, **fields)  # type: ignore[arg-type]


def test_partial_step_does_not_reach_over_a_final() -> None:
    talk = _talk(partials_s=[1.0, 3.0, 6.0], finals=[Final(0, "a", 0, 4.0, 0.5)])
    assert partial_steps([talk]) == [2.0]
    assert waits([talk]) == [0.5]


def test_summary_can_be_read() -> None:
    pytest.importorskip("jiwer")
    pytest.importorskip("whisper_normalizer")
    talk = _talk(finals=[Final(0, "One two.", 0, 4.0, 0.5)], is_ended=True, refusals=[("at-capacity", 0.02)])
    found = summary([talk])
    assert (found["finals"], found["wer"], found["refusals"]) == (1, 0.0, {"at-capacity": 1})
    assert "p95 0.50 s" in describe("t", found)


def test_transcript_of_the_worker_is_read() -> None:
    page = {"transcript": [{"type": "transcript", "utterance": 3, "text": "a"}], "tips": []}
    assert transcript_finals(page) == [(3, "a")]


def test_resume_is_timed_from_the_end_of_the_fault_that_made_it() -> None:
    faults = [
        Fault("reset", 110.0, 110.0, 0),
        Fault("outage", 120.0, 130.0, 0),
        Fault("kill asr", 150.0, 150.0),
        Fault("reset", 170.0, 170.0, 1),
        Fault("kill worker", 170.0, 170.0),
    ]
    gaps = [Gap(10.0, 10.2, 1, ""), Gap(20.0, 30.4, 9, ""), Gap(50.1, 51.0, 2, ""), Gap(70.0, 70.5, 1, "")]
    found = resumes(faults, [_talk(gaps=gaps)])
    assert {kind: [round(one, 2) for one in seconds] for kind, seconds in found.items()} == {
        "reset": [0.2],
        "outage": [0.4],
        "kill asr": [0.9],
        "unexplained": [0.5],
    }
    assert "| reset | 2 | 1 | 0.20 / 0.20 / 0.20 |" in faults_table(faults, found)


def test_what_a_client_of_whisperlive_shows() -> None:
    segments = Segments()
    segments.take([{"start": "0.0", "text": " One", "completed": False}])
    assert (segments.text, segments.final_text) == ("One", "")
    segments.take([{"start": "0.0", "text": " One.", "completed": True}, {"start": "1.0", "text": "tw"}])
    assert (segments.text, segments.final_text) == ("One. tw", "One.")
    # Only the last ten come each time.
    segments.take([{"start": "1.0", "text": "two", "completed": True}])
    assert segments.final_text == "One. two"


def _step(system: str = "naive", streams: int = 1, wait_s: float = 1.0, **fields: object) -> Step:
    known = {"wer": 5.0, "is_growing": False, "troubles": ()} | fields
    return Step(system, streams, wait_s, wait_s, wait_s, wait_s, 9, cores=1.0, memory_mb=1, load_before=0, **known)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("step", "reason"),
    [
        (_step(), ""),
        (_step(wait_s=1.6), "p95 1.60 s over 1.50 s"),
        (_step(wait_s=float("nan")), "p95 nan s over 1.50 s"),
        (_step(is_growing=True), "falls further behind"),
        (_step(wer=11.0), "WER 11.0 % over 10.0 %"),
        (_step(troubles=("refused",)), "1 streams refused or ended (refused)"),
    ],
    ids=["carried", "slow", "nothing", "growing", "wrong", "refused"],
)
def test_system_carries_streams_or_says_why_not(step: Step, reason: str) -> None:
    assert why_not(step, _step(), by_finals=False) == reason


def test_system_that_is_slow_by_nature_has_its_own_limit_but_we_have_not() -> None:
    assert why_not(_step(wait_s=2.5), _step(wait_s=2.0), by_finals=False) == ""
    assert why_not(_step(wait_s=2.5), _step(wait_s=2.0), by_finals=True) == "p95 2.50 s over 1.50 s"


def test_table_says_how_many_times_the_streams() -> None:
    steps = [_step(), _step(streams=2, wait_s=9.0), _step("martlive"), _step("martlive", 6)]
    assert "MartLive: 6.0 times the streams of a model for each connection" in table(steps)


@pytest.mark.parametrize("size", [1, 125, 126, 6_400], ids=["one", "short", "longer", "a frame"])
@pytest.mark.parametrize("mask", [b"", b"\0\0\0\0"], ids=["server", "client"])
def test_message_written_by_hand_is_read_again(size: int, mask: bytes) -> None:
    written = header(BINARY, size, mask) + b"x" * size
    assert parse_message(bytearray(written + b"more")) == (BINARY, b"x" * size, len(written))
    assert parse_message(bytearray(written[:-1])) is None


def test_masked_message_is_unmasked() -> None:
    # The example of RFC 6455, 5.7.
    assert parse_message(bytearray.fromhex("818537fa213d7f9f4d5158")) == (TEXT, b"Hello", 11)


def test_gauge_is_read_from_a_page_of_metrics() -> None:
    page = "# HELP streams Open streams.\nstreams_other 9.0\nstreams 3.0\n"
    assert (gauge(page, "streams"), gauge(page, "missing")) == (3, None)
