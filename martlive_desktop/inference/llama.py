"""The child process that words tips: llama.cpp with a grammar, a kept prefix and a deadline."""

from __future__ import annotations

import ctypes
import os
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

CARD_TYPES = (1, 2)
"""GPU and integrated GPU, of ggml's `ggml_backend_dev_type`."""

WARMING = "Nobody reads what follows. " * 12

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
    libraries: Path | None = None
    """The folder of a llama.cpp that was built for graphics cards; None: the one beside the Python package."""


@dataclass(frozen=True, slots=True)
class Question:
    """One prompt with the JSON schema of its answer, and the seconds that are left for it."""

    prompt: str
    schema: str
    left_s: float


def main(pipe: Connection, config: WriterConfig) -> None:
    """Tell through `pipe` which graphics card is used, if any, then answer each `Question` with a text.

    An answer is empty where there was no time. The process ends with the pipe, and at once where `libraries` do not work.
    """
    lower_priority()
    if sys.platform != "win32":
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    card = _use_card(config.libraries) if config.libraries else ""
    model = _load(config)
    if card:
        # Its programs are compiled in the first decode, and only that shows whether it works; a tip has no time for it.
        model.create_completion(WARMING, max_tokens=2)
    pipe.send_bytes(card.encode())
    try:
        while True:
            question: Question = pipe.recv()
            pipe.send_bytes(answer(model, question).encode())
    except (EOFError, OSError):
        return


def _use_card(folder: Path) -> str:
    """Have llama.cpp's package take the libraries in `folder`, and give the name of the graphics card that they see.

    Raises:
        SystemExit: they cannot be loaded, such as where the card has no driver, or see no card.
    """
    os.environ["LLAMA_CPP_LIB_PATH"] = str(folder)
    ending = {"win32": ".dll", "darwin": ".dylib"}.get(sys.platform, ".so")
    prefix = "" if sys.platform == "win32" else "lib"
    try:
        if sys.platform == "win32":
            os.add_dll_directory(str(folder))
        base, ggml = (ctypes.CDLL(str(folder / f"{prefix}{name}{ending}")) for name in ("ggml-base", "ggml"))
        ggml.ggml_backend_dev_count.restype = ctypes.c_size_t
        ggml.ggml_backend_dev_get.argtypes = [ctypes.c_size_t]
        ggml.ggml_backend_dev_get.restype = ctypes.c_void_p
        for tell in (base.ggml_backend_dev_type, base.ggml_backend_dev_name, base.ggml_backend_dev_description):
            tell.argtypes, tell.restype = [ctypes.c_void_p], ctypes.c_char_p
        base.ggml_backend_dev_type.restype = ctypes.c_int
    except (OSError, AttributeError) as exc:
        sys.exit(f"llama.cpp for graphics cards cannot be used: {exc}")
    for index in range(ggml.ggml_backend_dev_count()):
        device = ggml.ggml_backend_dev_get(index)
        if base.ggml_backend_dev_type(device) in CARD_TYPES:
            name: bytes = base.ggml_backend_dev_name(device) + b" " + base.ggml_backend_dev_description(device)
            return name.decode(errors="replace")
    sys.exit("llama.cpp sees no graphics card")


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
