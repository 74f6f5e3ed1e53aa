"""The translations are whole: every word, and every sentence that a part without Qt may say to the user."""

# ruff: noqa: RUF001 - Chinese has punctuation of its own.

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

import pytest

from martlive_desktop.ui.sentences import SENTENCES, translated
from tests.translations import ROOT, faults, faults_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PACKAGE = ROOT / "martlive_desktop"

SPEAKING = (
    "adapters/*.py",
    "inference/*.py",
    "pipeline/*.py",
    "core/speech/governor.py",
    "core/plan.py",
    "core/hotkeys.py",
    "settings.py",
)
"""Where sentences for the user are written."""

FOR_TERMINALS = {"chat_file.py", "media_file.py", "video_file.py", "remote_control.py", "recorder.py", "session.py"}
"""What these say is read in a terminal or in a file, in English."""

NEVER_SHOWN = {
    # What is in them is a sentence of its own in SENTENCES.
    "The picture of x x: x.",
    "x – the processor goes on.",
    # For `martlive sessions` and a transcript.
    "There is no session x; `martlive sessions list` shows them.",
    "Several sessions begin with x; `martlive sessions list` shows their whole ids.",
    "x events could not be saved here.",
}

SENTENCE = re.compile(r"[“A-Z].*\s.*\s.*[.…]|x .*\s.*[.…]", re.DOTALL)


def texts_of(path: Path) -> Iterator[str]:
    """Every text in the module at `path`, docstrings aside, with an x for what is put into it."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    apart = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    apart |= {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "x" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in apart:
            yield re.sub(r"\{\w+\}", "x", node.value)


def test_every_word_is_translated() -> None:
    assert faults() == []


@pytest.mark.parametrize(
    ("translation", "fault"),
    [
        ("<translation>你好，{name}，第 %1 次</translation>", ""),
        ('<translation type="unfinished"></translation>', "is not translated"),
        ("<translation> </translation>", "is not translated"),
        ("<translation>你好，第 %1 次</translation>", "different places"),
        ("<translation>你好，{nam}，第 %1 次</translation>", "different places"),
        ("<translation>你好，{name}，第 %2 次</translation>", "different places"),
    ],
    ids=["whole", "new", "blank", "name lost", "name misspelt", "number misspelt"],
)
def test_fault_of_a_translation_is_found(tmp_path: Path, translation: str, fault: str) -> None:
    source = f"<message><source>Hello {{name}}, %1</source>{translation}</message>"
    path = tmp_path / "martlive_zh_CN.ts"
    path.write_text(f"<TS><context><name>Page</name>{source}</context></TS>", encoding="utf-8")
    assert [fault in found for found in faults_of(path)] == ([True] if fault else [])


def test_every_sentence_of_a_part_without_qt_can_be_translated() -> None:
    known = {re.sub(r"\{\w+\}", "x", sentence) for sentence in SENTENCES}
    # Their ends are sentences of their own.
    wrapped = re.compile(r"(Line x|Your shows cannot be opened): .*")
    modules = [path for place in SPEAKING for path in sorted(PACKAGE.glob(place))]
    said = {
        text
        for path in modules
        if path.name not in FOR_TERMINALS
        for text in texts_of(path)
        if SENTENCE.fullmatch(text)
    }
    assert [text for text in sorted(said) if text not in known | NEVER_SHOWN and not wrapped.fullmatch(text)] == []


@pytest.mark.parametrize("sentence", SENTENCES)
def test_sentence_is_told_as_it_is_in_english(sentence: str) -> None:
    said = re.sub(r"\{(\w+)\}", r"<\1>", sentence)
    assert translated(said) == said


def test_sentence_that_nobody_knows_stays() -> None:
    assert translated("A thing {of} its own – 12 %.") == "A thing {of} its own – 12 %."
