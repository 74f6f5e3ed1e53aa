"""Pictures from the network, decoded within hard limits; nothing of them is kept."""

from __future__ import annotations

import io
import warnings
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from cloud_api.errors import Refusal
from martlive_desktop.core.frames import FrameKind

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_WIDE = 640
MOST_PIXELS = 2_000_000

MOST_SCANS = 16
"""Scans of a progressive JPEG; encoders write ten. Each costs a pass over all pixels, however few bytes it has."""


def decode(kind: FrameKind, payload: bytes) -> NDArray[np.uint8]:
    """The picture in `payload`, BGR of shape (height, width, 3).

    Raises:
        Refusal: `codec-unsupported` where it is not what `kind` says, `too-large`, or `bad-frame` where it is damaged.
    """
    is_jpeg = kind is FrameKind.JPEG
    begins = payload.startswith(b"\xff\xd8\xff") if is_jpeg else payload[:4] + payload[8:12] == b"RIFFWEBP"
    if not begins:
        raise Refusal("codec-unsupported", f"The picture is no {kind.name}.")
    if is_jpeg and payload.count(b"\xff\xda") > MOST_SCANS:
        raise Refusal("too-large", f"A picture has at most {MOST_SCANS} scans.")
    if not is_jpeg:
        _check_size(*_webp_size(payload))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with Image.open(io.BytesIO(payload), formats=(kind.name,)) as image:
                _check_size(*image.size)
                if getattr(image, "n_frames", 1) > 1:
                    raise Refusal("codec-unsupported", "The picture moves; send single ones.")
                pixels = np.asarray(image.convert("RGB"))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as exc:
        raise Refusal("too-large", f"A picture has at most {MOST_PIXELS} pixels.") from exc
    except (OSError, SyntaxError, ValueError, EOFError, Warning) as exc:
        raise Refusal("bad-frame", "The picture is damaged.") from exc
    return pixels[..., ::-1]


def _check_size(width: int, height: int) -> None:
    if width > MOST_WIDE or width * height > MOST_PIXELS:
        raise Refusal("too-large", f"A picture is at most {MOST_WIDE} pixels wide and has at most {MOST_PIXELS}.")


def _webp_size(payload: bytes) -> tuple[int, int]:
    """Width and height that the header says: the decoder takes memory for them when it opens a file.

    Source: RFC 9649, sections 2.5 to 2.7 and 3.4; RFC 6386, section 9.1.
    """
    if len(payload) < 30:
        raise Refusal("bad-frame", "The picture is damaged.")
    match payload[12:16]:
        case b"VP8X":
            return int.from_bytes(payload[24:27], "little") + 1, int.from_bytes(payload[27:30], "little") + 1
        case b"VP8L":
            bits = int.from_bytes(payload[21:25], "little")
            return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        case b"VP8 ":
            return (
                int.from_bytes(payload[26:28], "little") & 0x3FFF,
                int.from_bytes(payload[28:30], "little") & 0x3FFF,
            )
    raise Refusal("codec-unsupported", "The picture is no WEBP.")
