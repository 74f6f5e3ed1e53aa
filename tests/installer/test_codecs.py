from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, cast

import av
import numpy as np
import pytest

from installer.codecs import remnants, take_out
from installer.errors import BuildRefused

PACKAGE = Path(av.__file__).parent
RATE_HZ, FRAMES = 48_000, 25

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="where the libraries lie differs; run on Linux")


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """PyAV as the binary has it: its wheel without x264 and x265."""
    folder = tmp_path_factory.mktemp("tree")
    shutil.copytree(PACKAGE, folder / "av")
    shutil.copytree(PACKAGE.with_name("av.libs"), folder / "av.libs")
    take_out(folder)
    return folder


def child(tree: Path, code: str, *arguments: str) -> Any:
    """What `code` prints as JSON in a process of its own, where PyAV is that of `tree`."""
    code = (
        f"import sys; sys.path.insert(0, {str(tree)!r}); import av, json; assert {str(tree)!r} in av.__file__\n{code}"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], check=False, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def made(file: Path, video: str, audio: str) -> Path:
    """A second of a moving ramp and of a tone, by the encoders of the wheel as it came."""
    with av.open(str(file), "w") as container:
        pictures = cast("av.VideoStream", container.add_stream(video, rate=FRAMES))
        pictures.width, pictures.height, pictures.pix_fmt = 64, 64, "yuv420p"
        sound = cast("av.AudioStream", container.add_stream(audio, rate=RATE_HZ, layout="mono"))
        for number in range(FRAMES):
            ramp = np.tile(np.arange(64, dtype=np.uint8) * 3 + number, (64, 1))
            frame = av.VideoFrame.from_ndarray(np.dstack([ramp] * 3), format="rgb24")
            container.mux(pictures.encode(frame))
        tone = (np.sin(np.arange(RATE_HZ) * 2 * np.pi * 440 / RATE_HZ) * 8000).astype(np.int16)
        heard = av.AudioFrame.from_ndarray(tone[np.newaxis], format="s16", layout="mono")
        heard.sample_rate = RATE_HZ
        container.mux(sound.encode(heard))
        container.mux(pictures.encode(None))
        container.mux(sound.encode(None))
    return file


DECODE = """
import numpy as np
with av.open(sys.argv[1]) as container:
    pictures = [frame.to_ndarray(format="gray") for frame in container.decode(video=0)]
with av.open(sys.argv[1]) as container:
    sound = np.concatenate([frame.to_ndarray()[0] for frame in container.decode(audio=0)]).astype(float)
spectrum = np.abs(np.fft.rfft(sound[4800:43200]))
with av.open(sys.argv[1]) as container:
    names = [stream.codec_context.name for stream in container.streams]
print(json.dumps([names, len(pictures), int(pictures[0][32, 50]) > int(pictures[0][32, 5]) + 80, int(np.argmax(spectrum)) * 48000 // 38400]))
"""


@pytest.mark.parametrize(
    ("name", "video", "audio", "decoders"),
    [
        ("h264-aac.mp4", "libx264", "aac", ["h264", "aac"]),
        ("hevc-opus.mkv", "libx265", "libopus", ["hevc", "opus"]),
        ("vp9-opus.webm", "libvpx-vp9", "libopus", ["libvpx-vp9", "opus"]),
    ],
    ids=["h264", "hevc", "vp9"],
)
def test_recordings_are_decoded_without_x264_and_x265(
    tree: Path, tmp_path: Path, name: str, video: str, audio: str, decoders: list[str]
) -> None:
    names, pictures, is_ramp, pitch_hz = child(tree, DECODE, str(made(tmp_path / name, video, audio)))
    assert names[1] == decoders[1]
    assert decoders[0].removeprefix("libvpx-") in names[0]
    assert (pictures, is_ramp, pitch_hz) == (FRAMES, True, 440)


def test_the_demo_is_decoded(tree: Path) -> None:
    code = """
with av.open(sys.argv[1]) as container:
    print(json.dumps([next(container.decode(video=0)).width, next(container.decode(audio=0)).sample_rate]))
"""
    assert child(tree, code, str(Path("resources/demo/show.mkv").resolve())) == [640, 48_000]


def test_opus_is_encoded_and_heard_again(tree: Path, tmp_path: Path) -> None:
    code = """
import numpy as np
with av.open(sys.argv[1], "w") as container:
    stream = container.add_stream("libopus", rate=48000, layout="mono")
    frame = av.AudioFrame.from_ndarray(np.full((1, 48000), 99, np.int16), format="s16", layout="mono")
    frame.sample_rate = 48000
    container.mux(stream.encode(frame))
    container.mux(stream.encode(None))
with av.open(sys.argv[1]) as container:
    print(sum(frame.samples for frame in container.decode(audio=0)) >= 48000 and "true")
"""
    assert child(tree, code, str(tmp_path / "tone.ogg")) is True


@pytest.mark.parametrize("options", [{}, {"preset": "fast", "crf": "20"}, {"x265-params": "keyint=9"}], ids=str)
@pytest.mark.parametrize("encoder", ["libx264", "libx265"])
@pytest.mark.parametrize("pixels", ["yuv420p", "yuv420p10le"])
def test_asking_for_an_encoder_that_is_not_there_is_an_error_and_no_crash(
    tree: Path, encoder: str, pixels: str, options: dict[str, str]
) -> None:
    code = """
from fractions import Fraction
context = av.CodecContext.create(sys.argv[1], "w")
context.width, context.height, context.pix_fmt, context.options = 64, 64, sys.argv[2], json.loads(sys.argv[3])
context.time_base = Fraction(1, 25)
try:
    context.open()
except av.FFmpegError as refusal:
    print(json.dumps(type(refusal).__name__))
"""
    assert child(tree, code, encoder, pixels, json.dumps(options)) in {"ArgumentError", "MemoryError"}


def test_nothing_of_x264_and_x265_is_left(tree: Path) -> None:
    libraries = {file.name.partition("-")[0]: file for file in (tree / "av.libs").glob("libx26*")}
    assert sorted(libraries) == ["libx264", "libx265"]
    assert all(file.stat().st_size < 20_000 for file in libraries.values())
    assert remnants(tree) == []
    assert sorted(fact.partition(": ")[2] for fact in remnants(PACKAGE.parent / "av.libs")) == ["x264", "x265"]


def test_the_standins_are_the_same_each_time(tree: Path, tmp_path: Path) -> None:
    shutil.copytree(PACKAGE.with_name("av.libs"), tmp_path / "av.libs")
    for again in take_out(tmp_path):
        assert again.read_bytes() == (tree / "av.libs" / again.name).read_bytes()


def test_gpl_code_in_another_place_stops_the_build(tmp_path: Path) -> None:
    (tmp_path / "ffmpeg").write_bytes(b"ELF HEVC encoder version 4.1 http://www.videolan.org/x264.html")
    with pytest.raises(BuildRefused, match="leave them out: they are GPL") as refusal:
        take_out(tmp_path)
    assert refusal.value.facts == ("ffmpeg: x264", "ffmpeg: x265")


def test_a_library_that_nothing_needs_is_to_be_left_out(tmp_path: Path) -> None:
    shutil.copy(next(PACKAGE.with_name("av.libs").glob("libx264*")), tmp_path)
    with pytest.raises(BuildRefused, match="no FFmpeg beside it needs it"):
        take_out(tmp_path)
