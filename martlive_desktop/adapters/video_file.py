"""The pictures of a recording, two a second."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np

from martlive_desktop.core.events import Status
from martlive_desktop.core.picture import Picture

if TYPE_CHECKING:
    from collections.abc import Iterator

    from av.container import InputContainer
    from av.video.stream import VideoStream
    from numpy.typing import NDArray

EVERY_MS = 500
"""Two pictures a second, as in a live show."""

SPARE_FPS = 15.0
"""Above it, pictures that no other one needs are not even decoded, which halves the work."""

MOST_PIXELS = 64_000_000
"""Of a picture: 8K has half of it."""

UNREADABLE = "The picture of this recording cannot be read; only its sound is coached."


class VideoFile:
    """The first video stream of a file, if it has one; stream time 0 is the file's own, as of its sound."""

    def __init__(self, path: Path | str) -> None:
        self._path = Path(path)
        self._closed = threading.Event()

    def read(self) -> Iterator[Picture | Status]:
        """Its pictures in order; nothing where there are none.

        Where pictures cannot be decoded, the last one stands; a `Status` tells once that they are not seen.
        """
        import av

        try:
            with av.open(f"file:{self._path}", options={"protocol_whitelist": "file"}, metadata_errors="ignore") as box:
                for stream in box.streams.video:
                    # The cover of a song is a video stream, too.
                    if not stream.disposition & av.stream.Disposition.attached_pic:
                        yield from self._pictures(box, stream)
                        return
        except (OSError, av.FFmpegError):
            yield Status(0, "screen", "lost", UNREADABLE)

    def size(self) -> tuple[int, int] | None:
        """Width and height of its pictures in pixels, as they are seen; None where there are none."""
        first = next((one for one in self.read() if isinstance(one, Picture)), None)
        return (first.pixels.shape[1], first.pixels.shape[0]) if first else None

    def close(self) -> None:
        """End `read` soon; may be called from another thread, and twice."""
        self._closed.set()

    def _pictures(self, box: InputContainer, stream: VideoStream) -> Iterator[Picture | Status]:
        import av

        # FFmpeg may know no decoder for it, which its types do not say.
        is_known = stream.codec_context is not None
        if not is_known:
            yield Status(0, "screen", "lost", UNREADABLE)
            return
        origin_s = (box.start_time or 0) / 1_000_000
        stream.codec_context.thread_count = 1
        if stream.average_rate and stream.average_rate > SPARE_FPS:
            stream.codec_context.skip_frame = "NONREF"
        due_ms = at_ms = 0
        is_seen = is_damaged = False
        packets = box.demux(stream)
        while not self._closed.is_set():
            try:
                frames = stream.decode(next(packets))
            except StopIteration:
                break
            except av.FFmpegError:
                # What comes behind a damaged packet may be whole again.
                is_damaged = True
                continue
            for frame in frames:
                if frame.pts is None or frame.width * frame.height > MOST_PIXELS:
                    continue
                if (frame.time - origin_s) * 1000 < at_ms - EVERY_MS:
                    # A recording that was joined to another begins anew.
                    origin_s = frame.time - at_ms / 1000
                at_ms = max(at_ms, round((frame.time - origin_s) * 1000))
                if at_ms < due_ms:
                    continue
                due_ms = at_ms // EVERY_MS * EVERY_MS + EVERY_MS
                is_seen = True
                pixels = cast("NDArray[np.uint8]", frame.to_ndarray(format="bgr24"))
                # A phone that is held upright records a picture that lies, and says so.
                yield Picture(at_ms, np.rot90(pixels, round(frame.rotation / 90)) if frame.rotation else pixels)
        if is_damaged and not is_seen:
            yield Status(0, "screen", "lost", UNREADABLE)
