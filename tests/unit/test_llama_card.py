"""llama.cpp for graphics cards in the process that words tips: taken where it works, left alone where it does not."""

from __future__ import annotations

import queue
import shutil
import subprocess
import sys
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from martlive_desktop.adapters.model_store import ModelStore
from martlive_desktop.core.coach.drafting import DraftRequest
from martlive_desktop.inference.llama import WriterConfig
from martlive_desktop.inference.writer import SupervisedWriter
from tests.fakes import writer as children
from tests.fakes.archives import library

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler")

REQUEST = DraftRequest("c1", "Line: is it safe for cats?\n", '{"enum": ["safe", "cats"]}')
NO_CARD = "The graphics card does not work for tips – the processor goes on."
WAIT_S = 60.0
BASE = """
int ggml_backend_dev_type(void *device) { return (int)(long)device - 100; }
const char *ggml_backend_dev_name(void *device) { return "Made0"; }
const char *ggml_backend_dev_description(void *device) { return "a card made up by a test"; }
"""
CARD = """
#include <stddef.h>
size_t ggml_backend_dev_count(void) { return 2; }
void *ggml_backend_dev_get(size_t index) { return (void *)(index ? 101 : 100); }
"""
NO_DEVICES = """
#include <stddef.h>
size_t ggml_backend_dev_count(void) { return 1; }
void *ggml_backend_dev_get(size_t index) { return (void *)100; }
"""
CRASH = """
#include <stdlib.h>
size_t ggml_backend_dev_count(void) { abort(); }
void *ggml_backend_dev_get(size_t index) { return NULL; }
"""
ASK = """
import sys
from pathlib import Path
from martlive_desktop.inference.llama import _use_card
print(_use_card(Path(sys.argv[1])))
"""


def libraries(folder: Path, ggml: str, *needed: str) -> Path:
    """A made-up llama.cpp whose ggml is this C code."""
    library(folder / "libggml-base.so", BASE)
    library(folder / "libggml.so", ggml, "libggml-base.so", *needed)
    return folder


def asked(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", ASK, str(folder)], capture_output=True, text=True, timeout=WAIT_S, check=False
    )


def test_card_that_the_libraries_see_is_named(tmp_path: Path) -> None:
    told = asked(libraries(tmp_path, CARD))
    assert (told.stdout, told.returncode) == ("Made0 a card made up by a test\n", 0)


@pytest.mark.parametrize(
    ("what", "reason"),
    [
        ("no devices", "llama.cpp sees no graphics card"),
        ("no driver", "cannot open shared object file"),
        ("no libraries", "llama.cpp for graphics cards cannot be used"),
        ("other libraries", "undefined symbol"),
    ],
)
def test_libraries_that_cannot_be_used_end_the_process_with_one_line(tmp_path: Path, what: str, reason: str) -> None:
    folder = tmp_path / "lib"
    if what == "no devices":
        libraries(folder, NO_DEVICES)
    elif what == "no driver":
        library(folder / "libdriver.so.1", "int driver(void) { return 1; }")
        libraries(folder, CARD, "libdriver.so.1")
        (folder / "libdriver.so.1").unlink()
    elif what == "other libraries":
        libraries(folder, "int nothing(void) { return 0; }")
    told = asked(folder)
    assert told.returncode == 1
    assert told.stdout == ""
    assert reason in told.stderr
    assert len(told.stderr.splitlines()) == 1


def test_process_that_dies_with_a_card_is_started_again_without(tmp_path: Path) -> None:
    told: queue.SimpleQueue[str] = queue.SimpleQueue()
    config = WriterConfig(tmp_path / "model", gpu_layers=-1, libraries=tmp_path)
    with closing(SupervisedWriter(config, target=children.dies_with_a_card, on_trouble=told.put)) as writer:
        answers: queue.SimpleQueue[str] = queue.SimpleQueue()
        writer.ask(REQUEST, answers.put)
        assert told.get(timeout=WAIT_S) == NO_CARD
        assert writer.wait_until_ready(WAIT_S)
        # What was asked first may have waited too long for the second process.
        answers.get(timeout=WAIT_S)
        writer.ask(REQUEST, answers.put)
        assert answers.get(timeout=WAIT_S) == "0 layers, None"
        assert writer.starts == 2
    assert told.empty()


def test_card_that_is_used_is_known(tmp_path: Path) -> None:
    config = WriterConfig(tmp_path / "model", gpu_layers=-1, libraries=tmp_path)
    with closing(SupervisedWriter(config, target=children.has_a_card)) as writer:
        assert writer.wait_until_ready(WAIT_S)
        assert writer.card == "Made0 a card"


@pytest.mark.real
@pytest.mark.parametrize("ggml", [CRASH, CARD], ids=["the driver crashes", "the libraries are of another version"])
def test_real_model_words_tips_on_the_processor_where_the_libraries_fail(tmp_path: Path, ggml: str) -> None:
    folder = ModelStore(tmp_path / "models").resolve("smollm2-135m")
    told: queue.SimpleQueue[str] = queue.SimpleQueue()
    config = WriterConfig(next(folder.glob("*.gguf")), gpu_layers=-1, libraries=libraries(tmp_path / "lib", ggml))
    answers: queue.SimpleQueue[str] = queue.SimpleQueue()
    with closing(SupervisedWriter(config, deadline_s=20.0, on_trouble=told.put)) as writer:
        assert told.get(timeout=WAIT_S) == NO_CARD
        writer.ask(REQUEST, answers.put)
        assert answers.get(timeout=WAIT_S) in {'"safe"', '"cats"'}
        assert (writer.card, writer.starts) == ("", 2)
    assert told.empty()
