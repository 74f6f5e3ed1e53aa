"""Pictures of the capture as pictures that Qt can draw."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtGui import QImage

if TYPE_CHECKING:
    from numpy.typing import NDArray

_FORMATS = {3: QImage.Format.Format_BGR888, 4: QImage.Format.Format_RGB32}
"""By the number of channels. A capture's fourth channel is no opacity: some systems leave it at zero."""


def to_qimage(pixels: NDArray[np.uint8]) -> QImage:
    """A copy of `pixels`, shape (height, width, 3 or 4), uint8, BGR or BGRA, as an opaque picture.

    Raises:
        ValueError: `pixels` has another shape.
    """
    if pixels.ndim != 3 or pixels.shape[2] not in _FORMATS:
        raise ValueError(pixels.shape)
    rows = np.ascontiguousarray(pixels)
    height, width, channels = rows.shape
    # The QImage only borrows the array's memory, so copy.
    return QImage(rows.data, width, height, width * channels, _FORMATS[channels]).copy()
