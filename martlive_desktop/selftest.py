"""Whether every part of the program works on this computer: asked of a new build, and of an update before it is used."""

from __future__ import annotations

import sqlite3
import sys
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from martlive_desktop.core.errors import MartLiveError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class PartBroken(MartLiveError):
    """A part answers, but not as it must."""


FAULTS = (MartLiveError, ImportError, OSError, RuntimeError, ValueError, AttributeError, LookupError, sqlite3.Error)
"""As libraries fail that are not whole."""

TONE_HZ = 200

LIBRARIES = ("Xlib.display", "jeepney") if sys.platform == "linux" else ()
EVERYWHERE = ("mss", "pynvml", "psutil", "soxr", "tokenizers", "tuf.ngclient", "websockets.sync.client")
"""What no other part here loads."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one part did."""

    part: str
    is_fine: bool
    sentence: str
    took_s: float


def run() -> Iterator[Outcome]:
    """Try every part in turn; nothing of the user's is read or written, and no display is needed."""
    for part, check in PARTS:
        started_s = time.perf_counter()
        try:
            sentence, is_fine = check(), True
        except FAULTS as exc:
            sentence, is_fine = f"{type(exc).__name__}: {exc}", False
        yield Outcome(part, is_fine, sentence, time.perf_counter() - started_s)


def _files() -> str:
    from martlive_desktop.adapters.resource_files import manifest_path, resource_path
    from martlive_desktop.app import demo_parts

    plan, _ = demo_parts()
    needed = [resource_path(name) for name in ("fonts", "icons/lucide", "packs/en", "prompts", "report/page.html.j2")]
    missing = [str(path) for path in (*needed, manifest_path()) if not path.exists()]
    if missing:
        raise PartBroken(f"missing: {', '.join(missing)}")
    return f"the demo show “{plan.title}” and all resources are there"


def _windows() -> str:
    import os

    # Qt aborts the process where it finds no display.
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from PySide6.QtWidgets import QApplication

    from martlive_desktop.adapters.resource_files import resource_path
    from martlive_desktop.ui.overlay import Overlay
    from martlive_desktop.ui.theme import load_look
    from martlive_desktop.ui.translation import install_translation

    qt = QApplication.instance() or QApplication(["martlive"])
    assert isinstance(qt, QApplication)
    locale = install_translation(qt, "zh_CN", resource_path(""))
    overlay = Overlay(load_look(resource_path(""), theme="dark", font_px=18, is_motion_reduced=True))
    overlay.show()
    picture = overlay.grab()
    overlay.close()
    if picture.isNull():
        raise PartBroken("the overlay draws nothing")
    return f"the overlay is drawn, {picture.width()}×{picture.height()}, in {locale.nativeLanguageName()}, too"


def _sound() -> str:
    import sounddevice

    return str(sounddevice.get_portaudio_version()[1])


def _recording() -> str:
    import av
    import numpy as np

    from martlive_desktop.adapters.media_file import MediaFile
    from martlive_desktop.adapters.resource_files import resource_path
    from martlive_desktop.adapters.video_file import VideoFile
    from martlive_desktop.core.events import AudioChunk
    from martlive_desktop.core.picture import Picture

    show = resource_path("demo/show.mkv")
    with closing(MediaFile(show)) as sound:
        chunk = next((one for one in sound.read() if isinstance(one, AudioChunk)), None)
    with closing(VideoFile(show)) as video:
        picture = next((one for one in video.read() if isinstance(one, Picture)), None)
    if chunk is None or picture is None:
        raise PartBroken("the demo show cannot be read")
    encoder = av.CodecContext.create("libopus", "w")
    encoder.sample_rate, encoder.layout, encoder.format = 48_000, "mono", "s16"
    silence = av.AudioFrame.from_ndarray(np.zeros((1, 960), np.int16), format="s16", layout="mono")
    silence.sample_rate = 48_000
    if not [*encoder.encode(silence), *encoder.encode(None)]:
        raise PartBroken("Opus encodes nothing, so no sound could be kept")
    return "the demo show is heard and seen, and Opus encodes"


def _voice() -> str:
    import numpy as np

    from martlive_desktop.core.events import FRAME_SAMPLES
    from martlive_desktop.inference.vad import SileroVad

    silence = np.zeros(FRAME_SAMPLES * 4, np.int16)
    probabilities, _ = SileroVad().probabilities(silence, None)
    if max(probabilities) > 0.5:
        raise PartBroken("silence is taken for voice")
    return "silence is known as silence"


def _pitch() -> str:
    import numpy as np

    from martlive_desktop.core.events import RATE_HZ
    from martlive_desktop.inference.pitch import PitchTracker

    tone = np.sin(2 * np.pi * TONE_HZ * np.arange(RATE_HZ) / RATE_HZ) * 8_000
    found = [hz for hz in PitchTracker()(tone.astype(np.int16)) if hz]
    if not found or abs(sorted(found)[len(found) // 2] - TONE_HZ) > TONE_HZ / 20:
        raise PartBroken(f"a tone of {TONE_HZ} Hz is not found")
    return f"a tone of {TONE_HZ} Hz is found"


def _speech_engine() -> str:
    import ctranslate2
    import faster_whisper

    kinds = ctranslate2.get_supported_compute_types("cpu")
    if "int8" not in kinds:
        raise PartBroken(f"no int8 on this processor, only {', '.join(sorted(kinds))}")
    return f"CTranslate2 {ctranslate2.__version__}, faster-whisper {faster_whisper.__version__}"


def _text_on_screen() -> str:
    """In the child process that reads chats, so that starting one is tried, too."""
    import cv2
    import numpy as np

    from martlive_desktop.inference.ocr import SupervisedReader

    picture = np.full((120, 520, 3), 24, np.uint8)
    cv2.putText(picture, "rosa: is it safe", (12, 64), cv2.FONT_HERSHEY_SIMPLEX, 0.9, (235, 235, 235), 2, cv2.LINE_AA)
    reader = SupervisedReader()
    try:
        reading = reader.read(picture)
    finally:
        reader.close()
        reader.stop()
    if reading is None:
        raise PartBroken("the process that reads chats ends")
    text = " ".join(f"{row.name} {row.text}" for row in reading.rows)
    if "safe" not in text:
        raise PartBroken(f"“rosa: is it safe” is read as “{text}”")
    return "a line of chat is read in a process of its own"


def _language_model() -> str:
    import llama_cpp

    return f"llama.cpp of llama-cpp-python {llama_cpp.__version__} loads"


def _past_shows() -> str:
    from martlive_desktop.adapters.store_sqlite import SqliteStore

    troubles: list[str] = []
    with tempfile.TemporaryDirectory() as folder, closing(SqliteStore(Path(folder), on_trouble=troubles.append)):
        pass
    if troubles:
        raise PartBroken(troubles[0])
    return f"SQLite {sqlite3.sqlite_version} keeps and searches"


def _secrets() -> str:
    import keyring

    return f"the keyring is {keyring.get_keyring().name}"


def _network() -> str:
    import ssl

    import httpx

    # Reads the certificates that the program brings.
    with httpx.Client():
        return f"{ssl.OPENSSL_VERSION}, Python {sys.version.split()[0]}"


def _other_libraries() -> str:
    import importlib

    names = (*EVERYWHERE, *LIBRARIES)
    for name in names:
        importlib.import_module(name)
    return f"{len(names)} load"


PARTS: tuple[tuple[str, Callable[[], str]], ...] = (
    ("files", _files),
    ("windows", _windows),
    ("sound", _sound),
    ("recording", _recording),
    ("voice", _voice),
    ("pitch", _pitch),
    ("speech engine", _speech_engine),
    ("text on the screen", _text_on_screen),
    ("language model", _language_model),
    ("past shows", _past_shows),
    ("secrets", _secrets),
    ("network", _network),
    ("other libraries", _other_libraries),
)
"""Each with what tries it and says how it did, or raises."""
