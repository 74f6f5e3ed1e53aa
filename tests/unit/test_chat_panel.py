"""Rows of text become messages, each told once, however the chat moves."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from martlive_desktop.core.chat_panel import MOST_REMEMBERED, ChatPanel, Message, TextRow

HEIGHT, LINE = 12, 18
"""Of the letters of a row, and from one row of a message to the next, in pixels."""

Said = tuple[str, str]


def rows(*lines: str | tuple[str, str], gap: int = LINE) -> list[TextRow]:
    """A row for each of `lines`: `(name, text)`, or only text; each looks like no other."""
    pairs = [("", line) if isinstance(line, str) else line for line in lines]
    return [
        TextRow(i * gap, i * gap + HEIGHT, 8, name, text, hash((name, text))) for i, (name, text) in enumerate(pairs)
    ]


def read(panel: ChatPanel, *lines: str | tuple[str, str]) -> list[Said]:
    """What `panel` tells of a look at `lines`."""
    return [(one.user, one.text) for one in panel.add(rows(*lines))]


def looks(*seen: list[Said]) -> list[list[Said]]:
    """What is told of each of the looks `seen` at one chat."""
    panel = ChatPanel()
    return [read(panel, *lines) for lines in seen]


A, B, C, D, E = [
    (name, f"{word} for cats?") for name, word in zip("abcde", ["safe", "good", "warm", "soft", "small"], strict=True)
]
PLUS = ("rosa", "+1")


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        pytest.param([], [], id="nothing"),
        pytest.param([("rosa", "safe for cats?")], [("rosa", "safe for cats?")], id="one row"),
        pytest.param([("rosa:", "hi"), ("tom", ": hello")], [("rosa", "hi"), ("tom", "hello")], id="colon of either colour"),
        pytest.param([("rosa", "is it safe"), "for cats?", ("tom", "hi")], [("rosa", "is it safe for cats?"), ("tom", "hi")], id="two rows"),
        pytest.param([("rosa", ""), "is it safe", "for cats?", ("tom", ""), "hi"], [("rosa", "is it safe for cats?"), ("tom", "hi")], id="name above text"),
        pytest.param(["rosa: is it safe", "for cats?", "tom : hi"], [("rosa", "is it safe for cats?"), ("tom", "hi")], id="colons and no colours"),
        pytest.param(["rosa:", "safe for cats?"], [("rosa", "safe for cats?")], id="name above text and no colours"),
        pytest.param([("rosa", "note: it is red")], [("rosa", "note: it is red")], id="colon in a text after a coloured name"),
        pytest.param([("rosa", "hi"), "note: it is red"], [("rosa", "hi note: it is red")], id="colon in a second row"),
        pytest.param([("rosa", "hi"), ("moderator: welcome all", ""), ("tom", "hi")], [("rosa", "hi"), ("moderator", "welcome all"), ("tom", "hi")], id="row of one other colour"),
        pytest.param([("O", "rosa: hi"), "tom: hello", "anna: size?"], [("O rosa", "hi"), ("tom", "hello"), ("anna", "size?")], id="picture taken for a name among colons"),
        pytest.param([("mod:", "note: hi"), "tom: hello", "lea: hi", "anna: size?", ("@tom", "and you?")], [("mod", "note: hi"), ("tom", "hello"), ("lea", "hi"), ("anna", "size? @tom and you?")], id="one name in colour among colons"),
        pytest.param(["李雷: so good on you", "韩梅: hi"], [("李雷", "so good on you"), ("韩梅", "hi")], id="Chinese name before Latin text"),
        pytest.param(["and for dogs?", ("tom", "hi")], [("tom", "hi")], id="beginning scrolled away"),
        pytest.param(["is it safe", "for dogs?", "tom: hi"], [("tom", "hi")], id="beginning scrolled away without colours"),
        pytest.param([("10:42", ""), ("rosa", "hi")], [("rosa", "hi")], id="time alone above"),
        pytest.param([("10:42 rosa", "hi"), ("9.05 tom", "hi")], [("rosa", "hi"), ("tom", "hi")], id="time before a name"),
        pytest.param([("10:42 AM rosa", "hi"), ("11:05pm tom", "hi")], [("rosa", "hi"), ("tom", "hi")], id="time of twelve hours"),
        pytest.param(["10:42 rosa: hi", "[10:43] tom: at 10:30"], [("rosa", "hi"), ("tom", "at 10:30")], id="time before a name without colours"),
        pytest.param([("@ rosa |", "hi")], [("rosa", "hi")], id="signs around a name"),
        pytest.param([("rosa", "so good ★ @ ●")], [("rosa", "so good")], id="signs in a text"),
        pytest.param([("rosa", "so good 回 thanks")], [("rosa", "so good thanks")], id="picture taken for a sign of Chinese"),
        pytest.param([("李雷", "这个多少钱 ok")], [("李雷", "这个多少钱 ok")], id="Chinese"),
        pytest.param([("rosa", "●"), ("tom", "hi")], [("tom", "hi")], id="nothing but a picture"),
        pytest.param([("|", "●"), "~", ("", "...")], [], id="garbage"),
        pytest.param(["no name here", "nor here"], [], id="no names"),
        pytest.param([("rosa", "<script>alert(1)</script>"), ("tom", "'; DROP TABLE chat;--")], [("rosa", "<script>alert(1)</script>"), ("tom", "'; DROP TABLE chat;--")], id="script"),
    ],
)  # fmt: skip
def test_rows_become_messages(lines: list[str | Said], said: list[Said]) -> None:
    assert read(ChatPanel(), *lines) == said


def test_row_far_below_does_not_go_on_with_a_message() -> None:
    first, second = rows(("rosa", "is it safe"), "for cats?", gap=60)
    assert ChatPanel().add([first, second]) == [Message("rosa", "is it safe", (first.key,))]


@pytest.mark.parametrize(
    ("seen", "told"),
    [
        pytest.param([[A, B], [A, B]], [[A, B], []], id="stands"),
        pytest.param([[A, B], [B, C], [C, D]], [[A, B], [C], [D]], id="scrolls"),
        pytest.param([[A, B], [C, D]], [[A, B], [C, D]], id="scrolls past all"),
        pytest.param([[A], [A, PLUS], [A, PLUS, PLUS]], [[A], [PLUS], [PLUS]], id="the same twice"),
        pytest.param([[A, PLUS], [PLUS, PLUS], [PLUS, B]], [[A, PLUS], [PLUS], [B]], id="the same twice while it scrolls"),
        pytest.param([[A, B, C, D], [A, B, D], [A, B, D, E]], [[A, B, C, D], [], [E]], id="one deleted in the middle"),
        pytest.param([[A, B, C], [A, B], [A, B, D]], [[A, B, C], [], [D]], id="last one deleted"),
        pytest.param([[A, B, C, D], [A, D], [A, D, E]], [[A, B, C, D], [], [E]], id="two deleted in the middle"),
        pytest.param([[A, B], [B, C], [C, D], [A, B], [D, E]], [[A, B], [C], [D], [], [E]], id="scrolled back"),
        pytest.param([[A], [B, A], [C, B, A], [D, C, B], [D, C, B], [E, D, C]], [[A], [B], [C], [D], [], [E]], id="grows at its top"),
        pytest.param([[A, B], [], [B, C]], [[A, B], [], [C]], id="hidden for a while"),
        pytest.param([[A, PLUS], [PLUS, B], [B, C], [A, PLUS]], [[A, PLUS], [B], [C], []], id="scrolled back to what was said twice"),
    ],
)  # fmt: skip
def test_each_message_is_told_once(seen: list[list[Said]], told: list[list[Said]]) -> None:
    assert looks(*seen) == told


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [
        pytest.param("is the blue mug safe", "is the b1ue mug safe", 1, id="letter taken for a digit"),
        pytest.param("is the blue mug safe", "is the bIue mug safe", 1, id="letter taken for another"),
        pytest.param("is the blue mug safe", "is theblue mug safe", 1, id="space lost"),
        pytest.param("I want the 2 red mugs", "I want the 3 red mugs", 2, id="another number"),
        pytest.param("is it safe", "what size is it", 2, id="another text"),
    ],
)
def test_reading_that_varies_a_little_is_of_the_same_message(first: str, second: str, told: int) -> None:
    panel = ChatPanel()
    said = read(panel, ("rosa_b", first), ("tom", "hello all")) + read(panel, ("rosa.b", second), ("tom", "hello all"))
    assert len(said) == 1 + told


def test_rows_that_look_as_before_are_the_same_however_they_are_read() -> None:
    panel = ChatPanel()
    assert len(panel.add([TextRow(0, 12, 8, "rosa", "is it safe", 7)])) == 1
    assert panel.add([TextRow(40, 52, 8, "qqqq", "wholly different", 7)]) == []


def numbered(count: int) -> list[Said]:
    return [(f"viewer{i}", f"question {i} of many") for i in range(count)]


def test_scrolling_far_back_tells_nothing_twice() -> None:
    said = numbered(100)
    panel = ChatPanel()
    for end in range(10, 101):
        read(panel, *said[end - 10 : end])
    assert [read(panel, *said[at : at + 10]) for at in (90, 60, 30, 0, 50, 90)] == [[]] * 6


def test_scrolling_far_back_to_one_who_says_it_again_tells_nothing_twice() -> None:
    said = numbered(60)
    said[5] = said[52] = PLUS
    panel = ChatPanel()
    for end in range(10, 61):
        read(panel, *said[end - 10 : end])
    assert read(panel, *said[3:13]) == []


def test_message_that_is_longer_ago_than_is_remembered_is_told_again() -> None:
    panel = ChatPanel()
    said = numbered(MOST_REMEMBERED + 1)
    for one in said:
        read(panel, one)
    assert read(panel, said[0]) == [said[0]]
    assert read(panel, said[2]) == []


def test_look_at_a_full_panel_costs_little() -> None:
    panel = ChatPanel()
    said = numbered(160)
    read(panel, *said[:100])
    began_s = time.process_time()
    for end in range(101, 161):
        read(panel, *said[end - 100 : end])
    assert (time.process_time() - began_s) / 60 < 0.1


NAMES = st.sampled_from(["rosa", "tom", "李雷", "a_very_long_handle"])
CHATS = st.lists(st.tuples(NAMES, st.integers(1, 3)), min_size=2, max_size=40)
"""Of each message who says it, and in how many rows."""


@given(CHATS, st.integers(6, 20), st.lists(st.integers(0, 20), max_size=60), st.booleans())
def test_chat_scrolled_by_any_steps_is_told_whole_and_once(
    chat: list[tuple[str, int]], height: int, steps: list[int], has_colours: bool
) -> None:
    lines: list[list[str | Said]] = []
    for i, (name, count) in enumerate(chat):
        texts = [f"part {part} of message {i}" for part in range(count)]
        lines.append([(name, texts[0]) if has_colours else f"{name}: {texts[0]}", *texts[1:]])
    panel = ChatPanel()
    told: list[Said] = []
    end = 1
    for step in [0, *steps, *([1] * len(chat))]:
        # At least one whole message of the last look stays.
        fits = [to for to in range(end, min(end + step, len(chat)) + 1) if first_whole(lines, to, height) < end]
        end = fits[-1]
        shown = [row for message in lines[:end] for row in message][-height:]
        told += read(panel, *shown)
    assert told == [
        (name, " ".join(f"part {part} of message {i}" for part in range(count))) for i, (name, count) in enumerate(chat)
    ]


def first_whole(lines: list[list[str | Said]], end: int, height: int) -> int:
    """The first of `lines[:end]` that a panel of `height` rows shows whole."""
    first, used = end, 0
    while first > 0 and used + len(lines[first - 1]) <= height:
        first -= 1
        used += len(lines[first])
    return first


@given(st.data())
def test_readings_that_vary_give_no_doubles(data: st.DataObject) -> None:
    words = ["warranty", "delivery", "colours", "discount", "material", "shipping", "returns", "packaging"]
    said = [(f"{word}_fan", f"somebody please tell us about the {word} of this lovely lamp") for word in words]
    panel = ChatPanel()
    told: list[Said] = []
    for end in range(1, len(said) + 1):
        shown = []
        for name, text in said[max(0, end - 4) : end]:
            at = data.draw(st.integers(0, len(text) - 1))
            shown.append((name, text[:at] + data.draw(st.sampled_from("lIt.")) + text[at + 1 :]))
        told += read(panel, *shown)
    assert [user for user, _ in told] == [user for user, _ in said]


@given(st.lists(st.tuples(st.text(max_size=40), st.text(max_size=80)), max_size=12), st.integers(1, 40))
def test_whatever_is_read_is_told_at_most_once_and_never_without_a_name(lines: list[Said], gap: int) -> None:
    panel = ChatPanel()
    seen = rows(*lines, gap=gap)
    told = panel.add(seen)
    assert all(one.user and one.text for one in told)
    assert len(told) <= len(lines)
    assert panel.add(seen) == []
