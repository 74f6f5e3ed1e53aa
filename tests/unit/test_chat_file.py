"""Chat from a file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from martlive_desktop.adapters.chat_file import ChatFile, clean
from martlive_desktop.core.errors import UsageError
from martlive_desktop.core.events import Chat

if TYPE_CHECKING:
    from pathlib import Path


def chat_file(folder: Path, content: bytes) -> ChatFile:
    path = folder / "chat.jsonl"
    path.write_bytes(content)
    return ChatFile(path)


def test_lines_come_in_the_order_of_their_times_and_equal_times_as_written(tmp_path: Path) -> None:
    chat = chat_file(
        tmp_path,
        b'\xef\xbb\xbf{"at_ms": 900, "user": "Li", "text": "late"}\r\n'
        b'{"at_ms": 100, "user": "Rosa", "text": "safe for cats?", "badge": 1}\n\n'
        b'{"at_ms": 100.7, "user": "Max", "text": "\xe4\xbd\xa0\xe5\xa5\xbd"}',
    )
    assert list(chat.read()) == [
        Chat(100, "Rosa", "safe for cats?", "file"),
        Chat(100, "Max", "你好", "file"),
        Chat(900, "Li", "late", "file"),
    ]
    assert chat.skipped == 0


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(b"hello", id="no json"),
        pytest.param(b"[1, 2]", id="no object"),
        pytest.param(b'{"at_ms": 1, "user": "a"}', id="no text"),
        pytest.param(b'{"at_ms": "1", "user": "a", "text": "b"}', id="time is text"),
        pytest.param(b'{"at_ms": true, "user": "a", "text": "b"}', id="time is true"),
        pytest.param(b'{"at_ms": -1, "user": "a", "text": "b"}', id="before the start"),
        pytest.param(b'{"at_ms": 1e999, "user": "a", "text": "b"}', id="never"),
        pytest.param(b'{"at_ms": NaN, "user": "a", "text": "b"}', id="not a time"),
        pytest.param(b'{"at_ms": 1, "user": 7, "text": "b"}', id="name is a number"),
        pytest.param(b'{"at_ms": 1, "user": "\\u202e", "text": "b"}', id="nothing left of the name"),
        pytest.param(b'{"at_ms": 1, "user": "a", "text": " \\n"}', id="nothing said"),
        pytest.param(b'{"at_ms": 1, "user": "a", "text": "\xff"}', id="not utf-8"),
        pytest.param(b"[" * 100_000, id="nested too deep"),
        pytest.param(b'{"at_ms": ' + b"9" * 5_000 + b', "user": "a", "text": "b"}', id="huge number"),
    ],
)
def test_line_that_is_no_message_is_skipped_and_counted(tmp_path: Path, line: bytes) -> None:
    chat = chat_file(tmp_path, line + b'\n{"at_ms": 5, "user": "Rosa", "text": "hi"}\n')
    assert list(chat.read()) == [Chat(5, "Rosa", "hi", "file")]
    assert chat.skipped == 1


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        pytest.param("a\x00b\x1b[31m\nc", "a b [31m c", id="control characters"),
        pytest.param("\u202egod\u200b\ufeff", "god", id="direction and invisible marks"),
        pytest.param("half \ud800", "half", id="half a character"),
        pytest.param("\U0001f469\u200d\U0001f52c ok", "\U0001f469\u200d\U0001f52c ok", id="joined emoji stays"),
        pytest.param("x" * 60, "x" * 50, id="too long"),
        pytest.param("x" * 49 + " y", "x" * 49, id="no space at the cut"),
    ],
)
def test_text_is_cleaned(text: str, cleaned: str) -> None:
    assert clean(text, 50) == cleaned


def test_close_ends_reading(tmp_path: Path) -> None:
    chat = chat_file(tmp_path, b'{"at_ms": 1, "user": "a", "text": "b"}\n' * 3)
    lines = chat.read()
    assert next(lines).text == "b"
    chat.close()
    assert list(lines) == []


def test_missing_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"^There is no chat file .*none\.jsonl – check the name\.$"):
        ChatFile(tmp_path / "none.jsonl")


def test_folder_is_no_chat_file(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"cannot be read – give a file with one message a line\.$"):
        ChatFile(tmp_path)


MESSAGES = st.fixed_dictionaries(
    {"at_ms": st.integers() | st.floats() | st.text(), "user": st.text(), "text": st.text() | st.none()}
)


@given(st.lists(st.binary() | MESSAGES))
def test_any_file_is_read_in_order_and_every_line_accounted_for(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes | dict[str, object]]
) -> None:
    content = b"\n".join(line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines)
    chat = chat_file(tmp_path_factory.mktemp("chat"), content)
    read = list(chat.read())
    assert [c.at_ms for c in read] == sorted(c.at_ms for c in read)
    assert len(read) + chat.skipped == sum(1 for line in content.splitlines() if line.strip())
    for c in read:
        assert 0 < len(c.user) <= 40
        assert 0 < len(c.text) <= 300
        assert (c.user + c.text).encode()
