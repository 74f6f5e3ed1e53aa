"""Meaning by a small sentence model (all-MiniLM-L6-v2, int8, ONNX): texts about the same thing lie close together."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from martlive_desktop.inference.memory import give_back_memory

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

MOST_TOKENS = 96
"""Four spoken sentences; the model was trained on at most 128."""

REMEMBERED = 512
"""Texts whose vectors are kept: the facts and talking points of a plan with 300 products, and the open questions."""


class SentenceEmbedding:
    """Cosine of mean-pooled token vectors, as the model's card computes it."""

    same = 0.62
    """Cosine from which two sentences are paraphrases: below it lie sentences that only share their subject."""
    related = 0.42
    """Cosine from which a sentence may answer a question; unrelated talk of one show lies below 0.35."""

    def __init__(self, folder: Path) -> None:
        """Load the model in `folder`: model.onnx and vocab.txt."""
        import onnxruntime
        from tokenizers import BertWordPieceTokenizer

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._model = onnxruntime.InferenceSession(str(folder / "model.onnx"), options, ["CPUExecutionProvider"])
        self._inputs = {one.name for one in self._model.get_inputs()}
        self._tokenizer = BertWordPieceTokenizer(str(folder / "vocab.txt"), lowercase=True)
        self._tokenizer.enable_truncation(MOST_TOKENS)
        self._vector = lru_cache(REMEMBERED)(self._embed)
        give_back_memory()

    def likeness(self, text: str, others: Sequence[str]) -> list[float]:
        """The cosine of `text` with each of `others`, 0 where they have nothing in common."""
        vector = self._vector(text)
        return [max(0.0, float(vector @ self._vector(other))) for other in others]

    def _embed(self, text: str) -> NDArray[np.float32]:
        """The unit vector of `text`, shape (384,)."""
        encoded = self._tokenizer.encode(text)
        values = {
            "input_ids": encoded.ids,
            "attention_mask": encoded.attention_mask,
            "token_type_ids": encoded.type_ids,
        }
        feed = {name: np.asarray([values[name]], np.int64) for name in self._inputs}
        tokens = self._model.run(None, feed)[0]
        vector: NDArray[np.float32] = tokens[0].mean(axis=0) if tokens.ndim == 3 else tokens[0]
        norm: NDArray[np.float32] = vector / np.linalg.norm(vector)
        return norm
