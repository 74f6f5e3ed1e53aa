"""The sound of a recording; files are made by FFmpeg here."""

from __future__ import annotations

import subprocess
import sys
import time
import wave
from typing import TYPE_CHECKING

import numpy as np
import pytest

from martlive_desktop.adapters.media_file import MediaFile
from martlive_desktop.core.errors import MediaUnreadable
from martlive_desktop.core.events import AudioChunk, Status

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

TONE = "sine=frequency=500:duration={seconds}:sample_rate={rate_hz}"
STEREO = ["-af", "pan=stereo|c0=c0|c1=c0"]
PICTURE = "testsrc=size=64x48:rate=10:duration={seconds}"


def ffmpeg(*arguments: str | Path) -> None:
    command = ["ffmpeg", "-nostdin", "-y", "-loglevel", "error", *map(str, arguments)]
    subprocess.run(command, check=True, timeout=60)


def tone(path: Path, *options: str, seconds: float = 3, rate_hz: int = 48_000) -> Path:
    ffmpeg("-f", "lavfi", "-i", TONE.format(seconds=seconds, rate_hz=rate_hz), *options, path)
    return path


def show(path: Path, *options: str, seconds: float = 20) -> Path:
    """A recording with picture and sound."""
    sound, picture = TONE.format(seconds=seconds, rate_hz=48_000), PICTURE.format(seconds=seconds)
    codecs = ["-c:v", "mpeg4", "-c:a", "aac"]
    ffmpeg("-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", sound, *codecs, *options, path)
    return path


def cut(path: Path, share: float = 0.6) -> Path:
    content = path.read_bytes()
    short = path.with_name(f"cut{path.suffix}")
    short.write_bytes(content[: int(len(content) * share)])
    return short


def hear(path: Path) -> tuple[NDArray[np.int16], list[Status]]:
    """All of `path`; checks that its chunks follow each other."""
    parts: list[NDArray[np.int16]] = []
    states: list[Status] = []
    samples = 0
    for item in MediaFile(path).read():
        if isinstance(item, Status):
            states.append(item)
        else:
            assert item.start_sample == samples
            assert 0 < len(item.pcm) <= 1_600
            assert item.pcm.dtype == np.int16
            assert item.pcm.ndim == 1
            parts.append(item.pcm)
            samples = item.end_sample
    return np.concatenate(parts), states


def level(pcm: NDArray[np.int16]) -> float:
    return float(np.sqrt(np.mean(np.square(pcm.astype(float)))))


TONE_LEVEL = 32_768 / 8 / 2**0.5
"""FFmpeg's sine has an amplitude of 1/8; MP3 takes 5 % of it away."""


@pytest.mark.parametrize(
    ("name", "rate_hz", "options"),
    [
        pytest.param("a.wav", 16_000, [], id="16 kHz mono, nothing to do"),
        pytest.param("a.wav", 8_000, STEREO, id="8 kHz stereo"),
        pytest.param("a.wav", 44_100, ["-c:a", "pcm_f32le"], id="44.1 kHz float"),
        pytest.param("a.wav", 48_000, ["-c:a", "pcm_u8"], id="8 bit"),
        pytest.param("a.wav", 192_000, ["-c:a", "pcm_s24le", *STEREO], id="192 kHz 24 bit"),
        pytest.param("a.flac", 96_000, [], id="flac"),
        pytest.param("a.mp3", 44_100, STEREO, id="mp3"),
        pytest.param("a.ogg", 48_000, ["-c:a", "libopus"], id="opus"),
        pytest.param("a.m4a", 48_000, [], id="aac"),
        pytest.param("a.aac", 48_000, [], id="aac without a container"),
        pytest.param("a.ts", 48_000, ["-c:a", "aac"], id="transport stream"),
        pytest.param("a: b?.wav", 48_000, [], id="name that looks like an address"),
    ],
)
def test_whole_file_is_heard_as_16_khz_mono(tmp_path: Path, name: str, rate_hz: int, options: list[str]) -> None:
    path = tmp_path / name
    ffmpeg("-f", "lavfi", "-i", TONE.format(seconds=3, rate_hz=rate_hz), *options, f"file:{path}")
    pcm, states = hear(path)
    assert 3_000 <= len(pcm) / 16 <= 3_070
    assert level(pcm[8_000:40_000]) == pytest.approx(TONE_LEVEL, rel=0.06)
    assert states == []


@pytest.mark.parametrize("channels", [1, 2, 3, 6, 10])
def test_any_number_of_channels_keeps_its_level(tmp_path: Path, channels: int) -> None:
    sound = np.rint(8_000 * np.sin(np.arange(48_000) / 10)).astype("<i2")
    with wave.open(str(tmp_path / "a.wav"), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(48_000)
        file.writeframes(np.repeat(sound, channels).tobytes())
    pcm, _ = hear(tmp_path / "a.wav")
    assert len(pcm) == 16_000
    assert level(pcm[1_000:15_000]) == pytest.approx(8_000 / 2**0.5, rel=0.01)


def test_two_readings_give_the_same_bytes(tmp_path: Path) -> None:
    path = tone(tmp_path / "a.mp3", rate_hz=44_100)
    assert hear(path)[0].tobytes() == hear(path)[0].tobytes()


def test_first_of_several_sound_streams_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    inputs = [
        "-f",
        "lavfi",
        "-i",
        PICTURE.format(seconds=2),
        "-f",
        "lavfi",
        "-i",
        TONE.format(seconds=2, rate_hz=48_000),
    ]
    silence = ["-f", "lavfi", "-i", "anullsrc=d=2"]
    ffmpeg(*inputs, *silence, "-map", "0", "-map", "1", "-map", "2", "-c:v", "mpeg4", path)
    pcm, _ = hear(path)
    assert level(pcm[1_600:30_000]) == pytest.approx(TONE_LEVEL, rel=0.06)


def test_sound_that_starts_late_starts_late(tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    picture = ["-f", "lavfi", "-i", PICTURE.format(seconds=4)]
    late = ["-itsoffset", "2", "-f", "lavfi", "-i", TONE.format(seconds=2, rate_hz=48_000)]
    ffmpeg(*picture, *late, "-c:v", "mpeg4", "-c:a", "flac", path)
    pcm, states = hear(path)
    assert not pcm[: 2_000 * 16].any()
    assert pcm[2_000 * 16 : 2_020 * 16].any()
    assert 3_990 <= len(pcm) / 16 <= 4_010
    assert states == []


def test_file_whose_times_start_late_starts_at_zero(tmp_path: Path) -> None:
    path = show(tmp_path / "a.ts", "-output_ts_offset", "5000", seconds=2)
    pcm, _ = hear(path)
    assert 1_990 <= len(pcm) / 16 <= 2_070
    assert pcm[:4_000].any()


def test_jump_of_the_timestamps_becomes_silence(tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    jump = "asetpts=PTS+if(gte(T\\,1)\\,3/TB\\,0)"
    ffmpeg("-f", "lavfi", "-i", TONE.format(seconds=2, rate_hz=48_000), "-af", jump, "-c:a", "flac", path)
    pcm, _ = hear(path)
    assert 4_950 <= len(pcm) / 16 <= 5_050
    assert not pcm[1_200 * 16 : 3_900 * 16].any()
    assert pcm[4_200 * 16 : 4_300 * 16].any()


def test_timestamps_that_start_anew_lose_nothing(tmp_path: Path) -> None:
    part = show(tmp_path / "part.ts", seconds=3)
    path = tmp_path / "joined.ts"
    path.write_bytes(part.read_bytes() * 2)
    pcm, _ = hear(path)
    assert 5_950 <= len(pcm) / 16 <= 6_150


def test_absurd_jump_of_the_timestamps_is_ignored(tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    jump = "asetpts=PTS+if(gte(T\\,1)\\,90000/TB\\,0)"
    ffmpeg("-f", "lavfi", "-i", TONE.format(seconds=2, rate_hz=48_000), "-af", jump, "-c:a", "flac", path)
    pcm, _ = hear(path)
    assert 1_990 <= len(pcm) / 16 <= 2_010


@pytest.mark.parametrize(
    ("name", "options"),
    [
        pytest.param("a.mp4", ["-movflags", "faststart"], id="mp4"),
        pytest.param("a.mp4", ["-movflags", "frag_keyframe+empty_moov"], id="fragmented mp4"),
        pytest.param("a.mkv", [], id="mkv"),
        pytest.param("a.mp3", ["-vn", "-c:a", "libmp3lame"], id="mp3"),
        pytest.param("a.wav", ["-vn", "-c:a", "pcm_s16le"], id="wav"),
        pytest.param("a.flac", ["-vn", "-c:a", "flac"], id="flac"),
    ],
)
def test_cut_off_file_is_heard_up_to_the_cut(tmp_path: Path, name: str, options: list[str]) -> None:
    whole = show(tmp_path / name, *options)
    pcm, states = hear(whole)
    assert 19_900 <= len(pcm) / 16 <= 20_100
    assert states == []
    pcm, [status] = hear(cut(whole))
    seconds = len(pcm) // 16_000
    assert 9 <= seconds <= 12
    assert (status.at_ms, status.part, status.state) == (len(pcm) // 16, "session", "cut_off")
    assert status.detail == f"The recording ends early; everything up to 0:{seconds:02} was reviewed."
    assert level(pcm[16_000 : 8 * 16_000]) == pytest.approx(TONE_LEVEL, rel=0.06)


def test_mp3_whose_length_is_guessed_is_not_called_cut_off(tmp_path: Path) -> None:
    # Silence first: FFmpeg takes the bit rate of the first frames for that of all and guesses 8 s too much.
    path = tmp_path / "a.mp3"
    sounds = "anullsrc=r=44100:cl=mono:d=2[a];anoisesrc=r=44100:d=2[b];[a][b]concat=v=0:a=1"
    ffmpeg("-filter_complex", sounds, "-q:a", "0", "-write_xing", "0", path)
    file = MediaFile(path)
    assert file.duration_ms is not None
    assert file.duration_ms > 8_000
    pcm, states = hear(path)
    assert 4_000 <= len(pcm) / 16 <= 4_100
    assert states == []


def test_damaged_middle_is_silence_and_time_goes_on(tmp_path: Path) -> None:
    whole = show(tmp_path / "a.mkv", "-c:a", "flac", seconds=10)
    content = bytearray(whole.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 20_000] = b"\x55" * 20_000
    whole.write_bytes(content)
    pcm, states = hear(whole)
    assert 9_900 <= len(pcm) / 16 <= 10_100
    assert states == []


def test_length_is_known_before_reading(tmp_path: Path) -> None:
    assert MediaFile(tone(tmp_path / "a.wav")).duration_ms == 3_000


def test_length_of_an_unfinished_recording_is_not_known(tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    with path.open("wb") as file:
        command = [
            "ffmpeg",
            "-nostdin",
            "-loglevel",
            "error",
            "-f",
            "lavfi",
            "-i",
            TONE.format(seconds=3, rate_hz=48_000),
        ]
        subprocess.run([*command, "-f", "matroska", "-"], check=True, stdout=file, timeout=60)
    assert MediaFile(path).duration_ms is None
    pcm, states = hear(path)
    assert 2_990 <= len(pcm) / 16 <= 3_070
    assert states == []


def test_missing_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(MediaUnreadable, match=r"^There is no file .*none\.mp4 – check the name\.$") as caught:
        MediaFile(tmp_path / "none.mp4")
    assert caught.value.path == str(tmp_path / "none.mp4")


@pytest.mark.parametrize("address", ["http://127.0.0.1:9/a.mp4", "concat:a.wav|b.wav", "pipe:0"])
def test_address_is_never_opened(address: str) -> None:
    with pytest.raises(MediaUnreadable, match=r"^There is no file"):
        MediaFile(address)


def test_playlist_opens_no_other_file(tmp_path: Path) -> None:
    tone(tmp_path / "a.ts", "-c:a", "aac")
    for name, content in {
        "a.m3u8": "#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:3,\nhttp://127.0.0.1:9/a.ts\n#EXT-X-ENDLIST\n",
        "a.ffconcat": "ffconcat version 1.0\nfile http://127.0.0.1:9/a.ts\n",
    }.items():
        (tmp_path / name).write_text(content)
        with pytest.raises(MediaUnreadable):
            list(MediaFile(tmp_path / name).read())


def test_folder_is_no_recording(tmp_path: Path) -> None:
    with pytest.raises(MediaUnreadable, match=r"is no file – give the recording itself\.$"):
        MediaFile(tmp_path)


def test_file_that_the_system_refuses_says_so(tmp_path: Path) -> None:
    with pytest.raises(MediaUnreadable, match=r"cannot be opened \(File name too long\) – check its name"):
        MediaFile(tmp_path / f"{'a' * 300}.mp4")


def test_empty_file_says_so(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").touch()
    with pytest.raises(MediaUnreadable, match=r"^a\.mp4 is empty – choose another recording\.$"):
        MediaFile(tmp_path / "a.mp4")


def test_text_named_as_a_video_says_so(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_text("Dear diary,\n" * 100)
    with pytest.raises(MediaUnreadable, match=r"^a\.mp4 is no recording that can be read, or its end is missing"):
        MediaFile(tmp_path / "a.mp4")


def test_mp4_without_its_end_says_so(tmp_path: Path) -> None:
    with pytest.raises(MediaUnreadable, match=r"^cut\.mp4 is no recording that can be read, or its end is missing"):
        MediaFile(cut(show(tmp_path / "a.mp4", seconds=2)))


@pytest.mark.parametrize("name", ["a.mp4", "a.png"])
def test_picture_without_sound_says_so(tmp_path: Path, name: str) -> None:
    ffmpeg("-f", "lavfi", "-i", PICTURE.format(seconds=0.1), "-frames:v", "1", tmp_path / name)
    with pytest.raises(MediaUnreadable, match=rf"^{name} has no sound – choose a recording with a voice\.$"):
        MediaFile(tmp_path / name)


def test_header_without_sound_behind_it_says_so(tmp_path: Path) -> None:
    path = tone(tmp_path / "a.wav")
    path.write_bytes(path.read_bytes()[:80])
    with pytest.raises(MediaUnreadable, match="has no sound that can be decoded"):
        list(MediaFile(path).read())


def test_damaged_file_writes_nothing_to_the_terminal(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    hear(cut(show(tmp_path / "a.mkv", seconds=3)))
    assert capfd.readouterr() == ("", "")


def test_close_ends_reading(tmp_path: Path) -> None:
    file = MediaFile(tone(tmp_path / "a.wav"))
    items = file.read()
    assert isinstance(next(items), AudioChunk)
    file.close()
    file.close()
    assert sum(isinstance(item, AudioChunk) for item in items) <= 2


if sys.platform != "win32":
    import resource

    def test_ten_hours_are_read_in_constant_memory_and_fast(tmp_path: Path) -> None:
        path = tmp_path / "a.flac"
        ffmpeg("-f", "lavfi", "-i", "anullsrc=r=8000:cl=mono:d=36000", "-frame_size", "8000", path)
        file = MediaFile(path)
        assert file.duration_ms == 36_000_000
        items = file.read()
        next(items)
        before_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        begin = time.monotonic()
        hour = next(item for item in items if item.at_ms >= 3_600_000)
        seconds = time.monotonic() - begin
        assert hour.at_ms == 3_600_000
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kib < 20_000
        # 360 times as fast as it was spoken; here it is 5,000 times.
        assert seconds < 10
