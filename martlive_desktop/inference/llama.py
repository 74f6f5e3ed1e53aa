"""The child process that words tips: llama.cpp with a grammar, a kept prefix and a deadline."""

from __future__ import annotations

import signal
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from martlive_desktop.inference.worker import lower_priority

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from pathlib import Path

CONTEXT_TOKENS = 1024
"""The longest prompt has half of it."""

MOST_TOKENS = 48
"""A tip has eight words; the rest is JSON."""


@dataclass(frozen=True, slots=True)
class WriterConfig:
    """What the child needs to know; the file was checked before."""

    model: Path
    """A GGUF file."""
    threads: int = 1
    """One leaves the others to the recogniser, the game and the encoder."""
    gpu_layers: int = 0
    """Layers on the graphics card; -1 is all of them."""


@dataclass(frozen=True, slots=True)
class Question:
    """One prompt with the JSON schema of its answer, and the seconds that are left for it."""

    prompt: str
    schema: str
    left_s: float


def main(pipe: Connection, config: WriterConfig) -> None:
    """Answer each `Question` from `pipe` with a text, empty where there was no time; ends with the pipe."""
    lower_priority()
    if sys.platform != "win32":
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    model = _load(config)
    pipe.send_bytes(b"")
    try:
        while True:
            question: Question = pipe.recv()
            pipe.send_bytes(answer(model, question).encode())
    except (EOFError, OSError):
        return


def _load(config: WriterConfig) -> Any:
    from llama_cpp.llama import Llama

    return Llama(
        str(config.model),
        n_ctx=CONTEXT_TOKENS,
        n_threads=config.threads,
        n_threads_batch=config.threads,
        n_gpu_layers=config.gpu_layers,
        seed=0,
        verbose=False,
    )


def answer(model: Any, question: Question) -> str:
    """What `model` writes; what its cache shares with the prompt before is not read again."""
    from llama_cpp.llama_grammar import LlamaGrammar

    grammar = LlamaGrammar.from_json_schema(question.schema, verbose=False)
    end_s = time.monotonic() + question.left_s
    text = ""
    for piece in model.create_completion(
        question.prompt, max_tokens=MOST_TOKENS, temperature=0.0, grammar=grammar, stream=True
    ):
        text += piece["choices"][0]["text"]
        if time.monotonic() > end_s:
            return ""
    return text
