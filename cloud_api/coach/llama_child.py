"""The child process with a language model of its own: the desktop's questions, and conversations piece by piece."""

from __future__ import annotations

import json
import signal
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from martlive_desktop.inference.llama import Question, answer

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from pathlib import Path

CONTEXT_TOKENS = 4_096
"""A conversation of 12,000 characters, and its answer."""

PIECE, END, TOO_LONG = b"+", b".", b"!"
"""First byte of what is said of a conversation: text, how it ended as JSON, or that it does not fit."""


@dataclass(frozen=True, slots=True)
class ChildConfig:
    """What the child needs to know; the file was checked before."""

    model: Path
    """A GGUF file."""
    threads: int


@dataclass(frozen=True, slots=True)
class Conversation:
    """What was said, to be gone on with."""

    messages: tuple[tuple[str, str], ...]
    """Role and text."""
    most_tokens: int
    temperature: float
    top_p: float
    stop: tuple[str, ...]
    left_s: float


def main(pipe: Connection, config: ChildConfig) -> None:
    """Answer each `Question` with a text, empty where there was no time, and each `Conversation`; ends with the pipe."""
    if sys.platform != "win32":
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    from llama_cpp.llama import Llama

    model = Llama(
        str(config.model),
        n_ctx=CONTEXT_TOKENS,
        n_threads=config.threads,
        n_threads_batch=config.threads,
        seed=0,
        verbose=False,
    )
    pipe.send_bytes(b"")
    try:
        while True:
            asked: Question | Conversation | None = pipe.recv()
            if isinstance(asked, Question):
                pipe.send_bytes(answer(model, asked).encode())
            elif asked is not None:
                _converse(pipe, model, asked)
    except (EOFError, OSError):
        return


def _converse(pipe: Connection, model: Any, asked: Conversation) -> None:
    end_s = time.monotonic() + asked.left_s
    reason, tokens = "length", 0
    try:
        for piece in model.create_chat_completion(
            messages=[{"role": role, "content": text} for role, text in asked.messages],
            max_tokens=asked.most_tokens,
            temperature=asked.temperature,
            top_p=asked.top_p,
            stop=list(asked.stop),
            stream=True,
        ):
            choice = piece["choices"][0]
            if text := choice["delta"].get("content"):
                tokens += 1
                pipe.send_bytes(PIECE + text.encode(errors="replace"))
            reason = choice["finish_reason"] or reason
            # None comes when nobody waits for more; at the end of the conversation it may still be on its way.
            if time.monotonic() > end_s or pipe.poll(0):
                break
    except ValueError:
        # llama.cpp says so when the prompt is longer than its context.
        pipe.send_bytes(TOO_LONG)
    else:
        facts = {"reason": reason, "prompt_tokens": max(0, model.n_tokens - tokens), "completion_tokens": tokens}
        pipe.send_bytes(END + json.dumps(facts).encode())
