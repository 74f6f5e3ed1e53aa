"""The pictures of a recording; files are made here."""

from __future__ import annotations

import subprocess
import threading
from fractions import Fraction
from typing import TYPE_CHECKING, cast

import av
import numpy as np
import pytest

from martlive_desktop.adapters import video_file
from martlive_desktop.adapters.video_file import VideoFile
from martlive_desktop.core.events import Status
from martlive_desktop.core.picture import Picture

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from av.video.stream import VideoStream
    from numpy.typing import NDArray

UNREADABLE = Status(0, "screen", "lost", "The picture of this recording cannot be read; only its sound is coached.")
WITHIN_S = 10.0


def corners(width: int = 64, height: int = 48) -> NDArray[np.uint8]:
    """Blue above on the left, green above on the right, red below on the left, white below on the right; BGR."""
    pixels = np.full((height, width, 3), 255, np.uint8)
    pixels[: height // 2, : width // 2] = (200, 0, 0)
    pixels[: height // 2, width // 2 :] = (0, 200, 0)
    pixels[height // 2 :, : width // 2] = (0, 0, 200)
    return pixels


def brightness(level: int) -> NDArray[np.uint8]:
    return np.full((48, 64, 3), level, np.uint8)


def write(
    path: Path,
    frames: Sequence[tuple[int, NDArray[np.uint8]]],
    *,
    codec: str = "mpeg4",
    form: str = "yuv420p",
    rate: int = 30,
    options: dict[str, str] | None = None,
) -> Path:
    """A recording of `frames`, each with its stream time in ms."""
    with av.open(path, "w", options=options or {}) as box:
        stream = cast("VideoStream", box.add_stream(codec, rate=rate))
        stream.height, stream.width = frames[0][1].shape[:2]
        stream.pix_fmt = form
        # MPEG-2 counts in frames.
        stream.codec_context.time_base = Fraction(1, rate if codec == "mpeg2video" else 1000)
        stream.bit_rate = 2_000_000
        stream.codec_context.gop_size = rate
        for at_ms, pixels in frames:
            frame = av.VideoFrame.from_ndarray(pixels, format="bgr24")
            frame.pts, frame.time_base = at_ms, Fraction(1, 1000)
            box.mux(stream.encode(frame))
        box.mux(stream.encode(None))
    return path


def even(seconds: float, fps: int, pixels: NDArray[np.uint8] | None = None) -> list[tuple[int, NDArray[np.uint8]]]:
    """Frames that come evenly."""
    shown = corners() if pixels is None else pixels
    return [(round(number * 1000 / fps), shown) for number in range(round(seconds * fps))]


def ffmpeg(*arguments: str | Path) -> None:
    command = ["ffmpeg", "-nostdin", "-y", "-loglevel", "error", *map(str, arguments)]
    subprocess.run(command, check=True, timeout=60)


def seen(path: Path) -> list[Picture]:
    """All pictures; there is nothing but pictures, of one form."""
    items = list(VideoFile(path).read())
    found = [item for item in items if isinstance(item, Picture)]
    assert len(found) == len(items)
    assert {(one.pixels.dtype, one.pixels.ndim, one.pixels.shape[2]) for one in found} <= {(np.dtype(np.uint8), 3, 3)}
    return found


def times(path: Path) -> list[int]:
    return [one.at_ms for one in seen(path)]


def in_corners(pixels: NDArray[np.uint8]) -> list[str]:
    """Colours: above on the left and on the right, below on the left and on the right."""
    height, width = pixels.shape[:2]
    found = []
    for y, x in ((1, 1), (1, 3), (3, 1), (3, 3)):
        level = pixels[height * y // 4, width * x // 4].astype(int)
        is_high = level > 120
        names = {(True, False, False): "blue", (False, True, False): "green", (False, False, True): "red"}
        found.append(names.get(tuple(is_high.tolist()), "white"))
    return found


@pytest.mark.parametrize("fps", [4, 10, 25, 30, 60])
def test_two_pictures_a_second(tmp_path: Path, fps: int) -> None:
    path = write(tmp_path / "a.mp4", even(3, fps), rate=fps)
    found = times(path)
    assert [at_ms // 500 for at_ms in found] == [0, 1, 2, 3, 4, 5]
    # A picture that no other one needs, and is left out, lasts two frames.
    assert all(at_ms % 500 <= 2_000 / fps for at_ms in found)


@pytest.mark.parametrize(
    ("name", "codec", "form"),
    [
        ("a.mkv", "libx264", "yuv420p"),
        ("a.mp4", "libx265", "yuv420p10le"),
        ("a.webm", "libvpx-vp9", "yuv420p"),
        ("a.avi", "mpeg4", "yuv420p"),
        ("a.avi", "mjpeg", "yuvj420p"),
        ("a.mov", "prores_ks", "yuv422p10le"),
        ("a.mkv", "ffv1", "gray16le"),
        ("a.mkv", "libx264rgb", "bgr24"),
        ("a.flv", "flv", "yuv420p"),
        ("a.ts", "mpeg2video", "yuv420p"),
        ("a.gif", "gif", "rgb8"),
    ],
    ids=["h264", "10 bit", "vp9", "avi", "mjpeg", "prores", "grey of 16 bit", "rgb", "flv", "mpeg2", "gif"],
)
def test_any_codec_is_seen(tmp_path: Path, name: str, codec: str, form: str) -> None:
    path = write(tmp_path / name, even(2, 25), codec=codec, form=form, rate=25)
    found = seen(path)
    assert [one.at_ms // 500 for one in found] == [0, 1, 2, 3]
    assert {one.pixels.shape for one in found} == {(48, 64, 3)}
    if form != "gray16le":
        assert in_corners(found[-1].pixels) == ["blue", "green", "red", "white"]


def test_bright_and_wide_colours_are_seen(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    hdr = ["-color_primaries", "bt2020", "-color_trc", "smpte2084", "-colorspace", "bt2020nc"]
    picture = ["-f", "lavfi", "-i", "testsrc=size=320x180:rate=30:duration=2"]
    ffmpeg(*picture, "-pix_fmt", "yuv420p10le", "-c:v", "libx265", "-x265-params", "log-level=none", *hdr, path)
    found = seen(path)
    assert [one.at_ms // 500 for one in found] == [0, 1, 2, 3]
    assert 60 < found[-1].pixels.mean() < 200


def test_variable_frame_rate_keeps_its_times(tmp_path: Path) -> None:
    at_ms = [0, 40, 80, 120, 2_130, 2_170, 2_700, 5_000, 5_001, 5_490, 5_510]
    path = write(tmp_path / "a.mkv", [(one, corners()) for one in at_ms])
    assert times(path) == [0, 2_130, 2_700, 5_000, 5_510]


@pytest.mark.parametrize(
    ("width", "height", "form", "codec"),
    [
        (321, 241, "yuv444p", "libx264"),
        (321, 241, "yuv420p", "ffv1"),
        (17, 33, "yuv444p10le", "ffv1"),
        (2, 2, "yuv420p", "ffv1"),
        (1, 1, "bgr0", "ffv1"),
        (4_097, 31, "yuv444p", "libx264"),
    ],
)
def test_odd_sizes_are_seen(tmp_path: Path, width: int, height: int, form: str, codec: str) -> None:
    frames = even(1, 10, corners(width, height))
    path = write(tmp_path / "a.mkv", frames, codec=codec, form=form, rate=10)
    found = seen(path)
    assert [one.pixels.shape for one in found] == [(height, width, 3)] * 2
    if min(width, height) > 8:
        assert in_corners(found[0].pixels) == ["blue", "green", "red", "white"]
    assert VideoFile(path).size() == (width, height)


def test_picture_larger_than_any_screen_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(video_file, "MOST_PIXELS", 64 * 48 - 1)
    assert seen(write(tmp_path / "a.mp4", even(1, 10), rate=10)) == []


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_picture_that_lies_is_seen_upright(tmp_path: Path, degrees: int) -> None:
    lying = write(tmp_path / "lying.mp4", even(1, 10), rate=10)
    path, upright = tmp_path / "a.mp4", tmp_path / "upright.mkv"
    ffmpeg("-i", lying, "-c", "copy", "-metadata:s:v", f"rotate={degrees}", path)
    # FFmpeg itself turns it as every player does.
    ffmpeg("-i", path, "-c:v", "ffv1", upright)
    found = seen(path)
    assert VideoFile(path).size() == ((64, 48) if degrees == 180 else (48, 64))
    assert in_corners(found[0].pixels) == in_corners(seen(upright)[0].pixels) != ["blue", "green", "red", "white"]


def test_size_that_changes_is_followed(tmp_path: Path) -> None:
    first = write(tmp_path / "1.ts", even(2, 10), codec="mpeg2video", rate=25)
    second = tmp_path / "2.ts"
    late = [(at_ms + 2_000, pixels) for at_ms, pixels in even(2, 10, corners(128, 96))]
    write(second, late, codec="mpeg2video", rate=25)
    joined = tmp_path / "a.ts"
    joined.write_bytes(first.read_bytes() + second.read_bytes())
    found = seen(joined)
    assert {one.pixels.shape for one in found[:4]} == {(48, 64, 3)}
    assert found[-1].pixels.shape == (96, 128, 3)


def test_recordings_that_were_joined_are_seen_one_after_the_other(tmp_path: Path) -> None:
    part = write(tmp_path / "part.ts", even(3, 25), codec="mpeg2video", rate=25)
    joined = tmp_path / "joined.ts"
    joined.write_bytes(part.read_bytes() * 2)
    assert [at_ms // 500 for at_ms in times(joined)] == list(range(12))


def test_file_whose_times_start_late_starts_at_zero(tmp_path: Path) -> None:
    part = write(tmp_path / "part.mkv", even(2, 10), rate=10)
    path = tmp_path / "a.ts"
    ffmpeg("-i", part, "-c:v", "mpeg2video", "-r", "25", "-output_ts_offset", "5000", path)
    assert [at_ms // 500 for at_ms in times(path)] == [0, 1, 2, 3]


def test_picture_that_starts_after_the_sound_starts_late(tmp_path: Path) -> None:
    part, path = write(tmp_path / "part.mkv", even(2, 10), rate=10), tmp_path / "a.mkv"
    tone = ["-f", "lavfi", "-i", "sine=duration=5"]
    ffmpeg(*tone, "-itsoffset", "3", "-i", part, "-c:v", "copy", path)
    assert [at_ms // 500 for at_ms in times(path)] == [6, 7, 8, 9]


def test_sound_alone_has_no_picture(tmp_path: Path) -> None:
    path = tmp_path / "a.m4a"
    ffmpeg("-f", "lavfi", "-i", "sine=duration=1", path)
    assert seen(path) == []
    assert VideoFile(path).size() is None


@pytest.mark.parametrize("name", ["a.mp3", "a.m4a", "a.flac"])
def test_cover_of_a_song_is_no_picture(tmp_path: Path, name: str) -> None:
    cover, path = tmp_path / "cover.png", tmp_path / name
    ffmpeg("-f", "lavfi", "-i", "testsrc=size=64x64:duration=0.1", "-frames:v", "1", cover)
    tone = ["-f", "lavfi", "-i", "sine=duration=1"]
    ffmpeg(*tone, "-i", cover, "-map", "0", "-map", "1", "-c:v", "copy", "-disposition:v", "attached_pic", path)
    assert seen(path) == []
    assert VideoFile(path).size() is None


def noisy(seconds: float) -> list[tuple[int, NDArray[np.uint8]]]:
    """Frames that take much room."""
    rng = np.random.default_rng(0)
    noise = [rng.integers(0, 256, (48, 64, 3), np.uint8) for _ in range(50)]
    return [(at_ms, noise[number % 50]) for number, (at_ms, _) in enumerate(even(seconds, 25))]


@pytest.mark.parametrize("codec", ["libx264", "mpeg4", "ffv1", "mjpeg"])
def test_damaged_middle_is_left_out_and_time_goes_on(tmp_path: Path, codec: str) -> None:
    form = "yuvj420p" if codec == "mjpeg" else "yuv420p"
    path = write(tmp_path / "a.mkv", noisy(10), codec=codec, form=form, rate=25)
    content = bytearray(path.read_bytes())
    middle, part = len(content) // 2, len(content) // 10
    content[middle : middle + part] = np.random.default_rng(1).bytes(part)
    path.write_bytes(content)
    found = times(path)
    assert found == sorted(set(found))
    assert found[:4] == [0, 520, 1_000, 1_520] or [at_ms // 500 for at_ms in found[:4]] == [0, 1, 2, 3]
    assert found[-1] >= 9_500


@pytest.mark.parametrize("name", ["a.mkv", "a.ts"])
def test_recording_that_is_cut_off_is_seen_up_to_the_cut(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / name, noisy(10), codec="mpeg2video", rate=25)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) * 6 // 10])
    found = times(path)
    assert [at_ms // 500 for at_ms in found[:10]] == list(range(10))
    assert 5_000 <= found[-1] <= 7_000


def damaged(path: Path) -> Path:
    """A recording of which nothing is left but its container."""
    packets: list[bytes] = []
    with av.open(write(path.with_name("whole.mkv"), noisy(2), rate=25)) as box:
        packets = [bytes(packet) for packet in box.demux(video=0)]
    content = path.with_name("whole.mkv").read_bytes()
    for packet in packets:
        if packet:
            content = content.replace(packet, b"\xff" * len(packet))
    path.write_bytes(content)
    return path


def test_wholly_damaged_picture_is_one_line(tmp_path: Path) -> None:
    path = damaged(tmp_path / "a.mkv")
    assert list(VideoFile(path).read()) == [UNREADABLE]
    assert VideoFile(path).size() is None


@pytest.mark.parametrize(
    "content", [b"", b"Dear diary,\n" * 100, b"\x1a\x45\xdf\xa3" * 50], ids=["empty", "text", "head"]
)
def test_file_that_is_no_recording_is_one_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.mkv"
    path.write_bytes(content)
    assert list(VideoFile(path).read()) == [UNREADABLE]


def test_picture_of_a_codec_that_is_unknown_is_one_line(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mkv", noisy(1), codec="mpeg4")
    path.write_bytes(path.read_bytes().replace(b"V_MPEG4/ISO/ASP", b"V_FROM/TOMORROW"))
    assert list(VideoFile(path).read()) == [UNREADABLE]


def test_missing_file_is_one_line(tmp_path: Path) -> None:
    assert list(VideoFile(tmp_path / "none.mp4").read()) == [UNREADABLE]
    assert VideoFile(tmp_path / "none.mp4").size() is None


@pytest.mark.parametrize("address", ["http://127.0.0.1:9/a.mp4", "concat:a.mkv|b.mkv", "pipe:0"])
def test_address_is_never_opened(address: str) -> None:
    assert list(VideoFile(address).read()) == [UNREADABLE]


def test_playlist_opens_no_other_file(tmp_path: Path) -> None:
    (tmp_path / "a.m3u8").write_text(
        "#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:3,\nhttp://127.0.0.1:9/a.ts\n#EXT-X-ENDLIST\n"
    )
    assert list(VideoFile(tmp_path / "a.m3u8").read()) == [UNREADABLE]


def test_damaged_file_writes_nothing_to_the_terminal(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    list(VideoFile(damaged(tmp_path / "a.mkv")).read())
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("seed", range(20))
def test_bytes_turned_at_random_do_no_harm(tmp_path: Path, seed: int) -> None:
    rng = np.random.default_rng(seed)
    path = write(tmp_path / "a.mp4", noisy(1), codec="libx264", rate=25)
    content = np.frombuffer(path.read_bytes(), np.uint8).copy()
    content[rng.integers(0, len(content), 60)] = rng.integers(0, 256, 60, np.uint8)
    path.write_bytes(content.tobytes())
    items = list(VideoFile(path).read())
    states = [item for item in items if isinstance(item, Status)]
    assert states in ([], [UNREADABLE])
    assert [item.at_ms for item in items] == sorted(item.at_ms for item in items)


def test_two_readings_give_the_same_pictures(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mp4", noisy(2), codec="libx264", rate=25)
    first, second = seen(path), seen(path)
    assert [(one.at_ms, one.pixels.tobytes()) for one in first] == [(one.at_ms, one.pixels.tobytes()) for one in second]


def test_close_from_another_thread_ends_reading(tmp_path: Path) -> None:
    file = VideoFile(write(tmp_path / "a.mp4", even(20, 10, brightness(90)), rate=10))
    items = file.read()
    assert isinstance(next(items), Picture)
    closer = threading.Thread(target=file.close)
    closer.start()
    closer.join(WITHIN_S)
    file.close()
    assert len(list(items)) <= 1
