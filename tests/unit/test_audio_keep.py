"""The sound of a show on the disk."""

from __future__ import annotations

import errno
import io
import os
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typing_extensions import override

from martlive_desktop.adapters import audio_keep
from martlive_desktop.adapters.audio_keep import (
    BACKLOG_SAMPLES,
    DAMAGED,
    NOT_THERE,
    OTHER_KEY,
    TOO_SLOW,
    AudioKeep,
    KeptSound,
    delete_old,
    read_sound,
    sound_length_ms,
)
from martlive_desktop.core.errors import KeyringUnavailable, MediaUnreadable
from martlive_desktop.core.events import RATE_HZ, AudioChunk, Status

if TYPE_CHECKING:
    from numpy.typing import NDArray

KEY = bytes(range(32))
SHOW = "20261123-184502-k3f"
CHUNK = RATE_HZ // 10

TALKING = """
import sys, threading
import numpy as np
from pathlib import Path
from martlive_desktop.adapters.audio_keep import AudioKeep
from martlive_desktop.core.events import AudioChunk

keep = AudioKeep(Path(sys.argv[1]), sys.argv[2], lambda: bytes(range(32)))
tone = np.arange(1600) % 40 * 400
for number in range(600):
    keep.take(AudioChunk(number * 1600, tone.astype(np.int16)))
    print((number + 1) * 100, flush=True)
    threading.Event().wait(0.1)
"""


def voice(seconds: float) -> NDArray[np.int16]:
    """A tone that rises and beats, so that each place in it sounds like no other."""
    at_s = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    swing = 0.6 + 0.4 * np.sin(2 * np.pi * 3 * at_s)
    return (9_000 * swing * np.sin(2 * np.pi * (250 + 20 * at_s) * at_s)).astype(np.int16)


def keep_all(folder: Path, pcm: NDArray[np.int16], *, at: int = 0, chunk: int = CHUNK) -> Path:
    """Keep `pcm`, which begins at the sample `at`, in chunks."""
    keep = AudioKeep(folder, SHOW, lambda: KEY)
    for start in range(0, len(pcm), chunk):
        keep.take(AudioChunk(at + start, pcm[start : start + chunk]))
    keep.close()
    assert keep.lost_samples == 0
    return keep.path


def heard(ogg: bytes) -> NDArray[np.float64]:
    """What is heard of an Ogg file, at 16 kHz."""
    with av.open(io.BytesIO(ogg), "r") as container:
        assert container.streams.audio[0].codec_context.name in {"opus", "libopus"}
        frames = [frame.to_ndarray()[0] for frame in container.decode(audio=0)]
    # Nothing above 8 kHz was kept, so every third sample of 48 kHz is enough.
    return np.concatenate(frames).astype(float)[::3] * 32_768


def likeness(sound: NDArray[np.float64], pcm: NDArray[np.int16]) -> float:
    """How like `pcm` the sound is, place by place, within 2 ms: 1 is the same."""
    length = min(len(sound), len(pcm)) - 64
    said = pcm[32 : 32 + length].astype(float)
    return max(float(np.corrcoef(sound[at : at + length], said)[0, 1]) for at in range(65))


def flip(path: Path, at: int) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 0xFF
    path.write_bytes(data)


def marks(path: Path) -> list[int]:
    """Where the records begin."""
    data = path.read_bytes()
    return [at for at in range(len(data)) if data.startswith(b"\xa7MLr", at)]


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """Six seconds, in eight records."""
    return keep_all(tmp_path, voice(6))


def test_sound_is_heard_as_it_was_said(kept: Path) -> None:
    sound = heard(read_sound(kept, KEY, 0, 6_000))
    assert len(sound) == 6 * RATE_HZ
    assert likeness(sound, voice(6)) > 0.97
    assert 6_000 <= sound_length_ms(kept, KEY) <= 6_040


@pytest.mark.parametrize(("from_ms", "to_ms"), [(0, 500), (1_990, 3_210), (777, 1_501), (5_000, 6_000)])
def test_a_part_is_the_part_that_was_asked_for(kept: Path, from_ms: int, to_ms: int) -> None:
    sound = heard(read_sound(kept, KEY, from_ms, to_ms))
    begin_ms = from_ms // 20 * 20
    assert abs(len(sound) - (to_ms - begin_ms) * 16) <= 1
    said = voice(6)[begin_ms * 16 : to_ms * 16]
    # The decoder needs 40 ms to find itself in the middle of a word.
    assert likeness(sound[640:], said[640:]) > 0.95


def test_a_part_that_goes_beyond_the_end_ends_there(kept: Path) -> None:
    assert 1_000 <= len(heard(read_sound(kept, KEY, 5_000, 60_000))) / 16 <= 1_040


def test_moment_after_the_end_has_no_sound(kept: Path) -> None:
    with pytest.raises(MediaUnreadable, match=NOT_THERE):
        read_sound(kept, KEY, 60_000, 61_000)


def test_player_can_seek(kept: Path) -> None:
    with av.open(io.BytesIO(read_sound(kept, KEY, 0, 6_000)), "r") as container:
        sound = container.streams.audio[0]
        assert container.duration is not None
        assert abs(container.duration - 6_000_000) <= 10_000
        container.seek(4_000_000)
        packet = next(container.demux(sound))
        assert packet.pts is not None
        assert packet.time_base is not None
        assert 2.5 <= packet.pts * packet.time_base <= 4.1


def test_nobody_but_its_user_reads_the_file(kept: Path) -> None:
    if sys.platform != "win32":
        assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_nothing_of_the_sound_is_on_the_disk_in_clear(kept: Path) -> None:
    data = kept.read_bytes()
    with av.open(io.BytesIO(read_sound(kept, KEY, 0, 6_000)), "r") as container:
        packets = [bytes(packet) for packet in container.demux(audio=0) if packet.size > 8]
    assert len(packets) > 200
    assert not [packet for packet in packets if packet in data or packet[2:10] in data]
    assert b"OggS" not in data
    assert b"Opus" not in data


def test_same_sound_is_never_sealed_the_same(tmp_path: Path) -> None:
    one, other = (keep_all(tmp_path / name, voice(1)) for name in ("one", "other"))
    assert one.read_bytes()[16:] != other.read_bytes()[16:]
    assert len({one.read_bytes()[at + 16 : at + 28] for at in marks(one)}) == len(marks(one))


def test_another_key_opens_nothing_and_says_so(kept: Path) -> None:
    for read in (lambda: read_sound(kept, bytes(32), 0, 1_000), lambda: sound_length_ms(kept, bytes(32))):
        with pytest.raises(MediaUnreadable) as caught:
            read()
        assert str(caught.value) == OTHER_KEY


@pytest.mark.parametrize("content", [None, b"", b"MLAUDIO1", b"something else entirely"])
def test_file_that_is_none_is_told(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / f"{SHOW}.mlaudio"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(MediaUnreadable) as caught:
        read_sound(path, KEY, 0, 1_000)
    assert str(caught.value) in {DAMAGED, NOT_THERE}


@pytest.mark.parametrize("cut", [1, 9, 100, 500])
def test_last_record_that_is_torn_is_left_out(kept: Path, cut: int) -> None:
    last = marks(kept)[-1]
    data = kept.read_bytes()
    assert cut < len(data) - last
    kept.write_bytes(data[:-cut])
    assert sound_length_ms(kept, KEY) == 5_600
    assert likeness(heard(read_sound(kept, KEY, 0, 6_000)), voice(6)) > 0.97


# In the third record: its mark, number, slot, slots, size, nonce and packets.
@pytest.mark.parametrize("at", [0, 4, 8, 12, 14, 15, 16, 28, 900])
def test_damaged_record_is_silence_and_the_sound_goes_on(kept: Path, at: int) -> None:
    flip(kept, marks(kept)[2] + at)
    sound = heard(read_sound(kept, KEY, 0, 6_000))
    assert len(sound) == 6 * RATE_HZ
    damaged = slice(round(1.65 * RATE_HZ), round(2.35 * RATE_HZ))
    assert np.abs(sound[damaged]).max() < 50
    assert likeness(sound[: damaged.start - 2_000], voice(6)) > 0.97
    after = round(2.5 * RATE_HZ)
    assert likeness(sound[after:], voice(6)[after:]) > 0.97


def test_moment_that_is_all_damaged_is_told(kept: Path) -> None:
    flip(kept, marks(kept)[2] + 500)
    with pytest.raises(MediaUnreadable) as caught:
        read_sound(kept, KEY, 1_700, 2_200)
    assert str(caught.value) == DAMAGED


def test_end_that_is_damaged_is_not_counted(kept: Path) -> None:
    flip(kept, marks(kept)[-1] + 100)
    assert sound_length_ms(kept, KEY) == 5_600
    kept.write_bytes(kept.read_bytes()[: marks(kept)[0]])
    assert sound_length_ms(kept, KEY) == 0


def test_record_that_was_moved_or_taken_out_is_noticed(kept: Path, caplog: pytest.LogCaptureFixture) -> None:
    data, at = kept.read_bytes(), marks(kept)
    kept.write_bytes(data[: at[2]] + data[at[3] :])
    assert np.abs(heard(read_sound(kept, KEY, 0, 6_000))[27_000:38_000]).max() < 50
    # Under another number it does not open.
    moved = bytearray(data[at[3] : at[4]])
    moved[4:12] = data[at[2] + 4 : at[2] + 12]
    kept.write_bytes(data[: at[2]] + moved + data[at[3] :])
    assert np.abs(heard(read_sound(kept, KEY, 0, 6_000))[27_000:38_000]).max() < 50
    assert [record.message for record in caplog.records] == ["kept sound is damaged"] * 2


def test_sound_of_another_show_does_not_pass_for_this_one(kept: Path) -> None:
    other = kept.with_name("20261124-184502-k3f.mlaudio")
    other.write_bytes(kept.read_bytes())
    with pytest.raises(MediaUnreadable, match=DAMAGED):
        read_sound(other, KEY, 0, 1_000)


@pytest.mark.parametrize("at", [0, 100, 320, 7_777])
@pytest.mark.parametrize("gap", [1, 200, 320, 500, 48_000])
def test_gap_is_silence_and_all_after_it_is_in_its_place(tmp_path: Path, at: int, gap: int) -> None:
    said = voice(2)
    keep = AudioKeep(tmp_path, SHOW, lambda: KEY)
    keep.take(AudioChunk(at, said[:16_000]))
    keep.take(AudioChunk(at + 16_000 + gap, said[16_000:]))
    keep.close()
    sound = heard(read_sound(keep.path, KEY, 0, 20_000))
    before, after = at + 640, at + 16_640 + gap
    assert likeness(sound[before : at + 15_000], said[640:15_000]) > 0.95
    assert likeness(sound[after : after + 14_000], said[16_640:30_640]) > 0.95
    if gap > 10_000:
        assert np.abs(sound[at + 17_000 : at + 16_000 + gap - 1_000]).max() < 50


def test_sound_that_came_before_is_not_kept_twice(tmp_path: Path) -> None:
    said = voice(2)
    keep = AudioKeep(tmp_path, SHOW, lambda: KEY)
    keep.take(AudioChunk(0, said[:20_000]))
    keep.take(AudioChunk(16_000, said[16_000:]))
    keep.close()
    assert likeness(heard(read_sound(keep.path, KEY, 0, 2_000)), said) > 0.97


def test_sound_that_is_kept_again_later_is_in_the_same_file(tmp_path: Path) -> None:
    said = voice(6)
    path = keep_all(tmp_path, said[: 2 * RATE_HZ])
    path.write_bytes(path.read_bytes()[:-5])
    keep_all(tmp_path, said[4 * RATE_HZ :], at=4 * RATE_HZ)
    sound = heard(read_sound(path, KEY, 0, 6_000))
    assert likeness(sound[: round(1.5 * RATE_HZ)], said) > 0.97
    assert np.abs(sound[round(2.2 * RATE_HZ) : round(3.9 * RATE_HZ)]).max() < 50
    assert likeness(sound[round(4.1 * RATE_HZ) :], said[round(4.1 * RATE_HZ) :]) > 0.97


@settings(max_examples=15, deadline=None)
@given(chunks=st.lists(st.integers(1, 4_000), min_size=1, max_size=20))
def test_packets_do_not_depend_on_the_chunks(chunks: list[int]) -> None:
    pcm = voice(1)
    whole = audio_keep._Encoder()
    parts = audio_keep._Encoder()
    expected = [*whole.add(AudioChunk(0, pcm[: sum(chunks)])), *whole.finish()]
    found: list[tuple[int, bytes]] = []
    at = 0
    for size in chunks:
        found += parts.add(AudioChunk(at, pcm[at : at + size]))
        at = min(at + size, len(pcm))
    assert [*found, *parts.finish()] == expected


class FullDisk(io.FileIO):
    """Takes `room` bytes, of the last write a part."""

    room = 0

    @override
    def write(self, data: memoryview) -> int:  # type: ignore[override]
        if not FullDisk.room:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        taken = data[: FullDisk.room]
        FullDisk.room -= len(taken)
        return super().write(taken)


def test_full_disk_is_told_once_and_what_is_whole_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audio_keep, "_open_raw", lambda path: FullDisk(path, "r+b"))
    monkeypatch.setattr(FullDisk, "room", 7_000)
    told: list[tuple[str, str]] = []
    troubled = threading.Event()

    def tell(state: str, sentence: str) -> None:
        told.append((state, sentence))
        if state == "lost":
            troubled.set()

    keep = AudioKeep(tmp_path / "audio", SHOW, lambda: KEY, tell)
    said = voice(12)
    for start in range(0, 8 * RATE_HZ, CHUNK):
        keep.take(AudioChunk(start, said[start : start + CHUNK]))
    assert troubled.wait(10)
    # All that is taken before room was made is written or lost by the time that the next is.
    while keep._done < keep._taken:
        threading.Event().wait(0.01)
    FullDisk.room = 1_000_000
    for start in range(8 * RATE_HZ, 12 * RATE_HZ, CHUNK):
        keep.take(AudioChunk(start, said[start : start + CHUNK]))
    keep.close()
    sentence = (
        f"The sound of your show is not being kept: the disk is full; make room on the disk of {tmp_path / 'audio'}."
    )
    assert told == [("kept", ""), ("lost", sentence), ("kept", "")]
    assert 3 * RATE_HZ < keep.lost_samples < 8 * RATE_HZ
    sound = heard(read_sound(keep.path, KEY, 0, 12_000))
    assert likeness(sound[:RATE_HZ], said) > 0.97
    assert likeness(sound[9 * RATE_HZ :], said[9 * RATE_HZ :]) > 0.97


def test_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "audio").write_text("in the way")
    told: list[tuple[str, str]] = []
    keep = AudioKeep(tmp_path / "audio", SHOW, lambda: KEY, lambda *news: told.append(news))
    keep.take(AudioChunk(0, voice(1)))
    keep.close()
    assert [state for state, _ in told] == ["lost"]
    assert told[0][1].endswith("check that you can write there and that the disk has room.")
    assert keep.lost_samples >= RATE_HZ


def test_file_of_another_key_is_left_as_it_is(kept: Path) -> None:
    before, told = kept.read_bytes(), []
    keep = AudioKeep(kept.parent, SHOW, lambda: bytes(32), lambda *news: told.append(news))
    keep.take(AudioChunk(0, voice(1)))
    keep.close()
    assert told == [("lost", OTHER_KEY)]
    assert kept.read_bytes() == before


def test_without_a_keyring_nothing_is_kept_and_that_is_told(tmp_path: Path) -> None:
    told: list[tuple[str, str]] = []

    def no_key() -> bytes:
        raise KeyringUnavailable("Unlock it.")

    keep = AudioKeep(tmp_path, SHOW, no_key, lambda *news: told.append(news))
    keep.close()
    keep.take(AudioChunk(0, voice(1)))
    keep.close()
    assert told == [("lost", "Unlock it.")]
    assert keep.lost_samples == RATE_HZ
    assert list(tmp_path.iterdir()) == []


def test_keyring_that_waits_holds_up_nobody_and_loses_only_what_is_too_much(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audio_keep, "KEYRING_S", 0.01)
    unlocked, told = threading.Event(), []

    def key() -> bytes:
        unlocked.wait(30)
        return KEY

    keep = AudioKeep(tmp_path, SHOW, key, lambda *news: told.append(news))
    second = np.zeros(RATE_HZ, np.int16)
    for number in range(100):
        keep.take(AudioChunk(number * RATE_HZ, second))
    keep.close()
    assert keep.lost_samples == 99 * RATE_HZ - BACKLOG_SAMPLES
    unlocked.set()
    keep.close()
    assert ("lost", TOO_SLOW) in told
    assert sound_length_ms(keep.path, KEY) == 61_020


@pytest.mark.parametrize("seconds", [1.5, 3.2])
def test_kill_loses_at_most_a_second(tmp_path: Path, seconds: float) -> None:
    arguments = [sys.executable, "-c", TALKING, str(tmp_path), SHOW]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        said_ms = next(at_ms for at_ms in map(int, child.stdout) if at_ms >= seconds * 1_000)
        child.kill()
        said_ms = max([said_ms, *map(int, child.stdout)])
    assert said_ms - sound_length_ms(tmp_path / f"{SHOW}.mlaudio", KEY) <= 1_000


@pytest.mark.parametrize(
    ("days", "left"),
    [(14, {"20261114-120001-abc", "20261128-110000-abc", "notes"}), (1, {"20261128-110000-abc", "notes"})],
)
def test_old_sound_is_deleted_by_the_day_of_its_show(tmp_path: Path, days: int, left: set[str]) -> None:
    names = ["20251128-120000-abc", "20261114-115959-abc", "20261114-120001-abc", "20261128-110000-abc", "notes"]
    for name in names:
        (tmp_path / f"{name}.mlaudio").write_bytes(b"")
    (tmp_path / "20200101-000000-abc.txt").write_bytes(b"")
    gone = delete_old(tmp_path, days, "2026-11-28T12:00:00Z")
    assert {path.stem for path in tmp_path.glob("*.mlaudio")} == left
    assert gone == sorted(set(names) - left)
    assert (tmp_path / "20200101-000000-abc.txt").exists()


def test_old_sound_that_cannot_be_deleted_waits(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "20200101-000000-abc.mlaudio").mkdir()
    (tmp_path / "20209999-000000-abc.mlaudio").touch()
    assert delete_old(tmp_path, 1, "2026-11-28T12:00:00Z") == []
    assert [record.message for record in caplog.records] == ["old sound not deleted"]


def test_no_folder_has_nothing_old(tmp_path: Path) -> None:
    assert delete_old(tmp_path / "none", 1, "2026-11-28T12:00:00Z") == []


class TwoSeconds:
    """A source of two seconds, with a status between them."""

    def __init__(self) -> None:
        self.is_closed = False

    def read(self) -> Iterator[AudioChunk | Status]:
        said = voice(2)
        yield AudioChunk(0, said[:RATE_HZ])
        yield Status(1_000, "microphone", "lost", "It is gone.")
        yield AudioChunk(RATE_HZ, said[RATE_HZ:])

    def close(self) -> None:
        self.is_closed = True


def test_source_gives_the_same_whether_its_sound_is_kept_or_not(tmp_path: Path) -> None:
    source = TwoSeconds()
    tap = KeptSound(source)
    keep = AudioKeep(tmp_path, SHOW, lambda: KEY)
    read = tap.read()
    items = [next(read), next(read)]
    tap.keep = keep
    items += read
    tap.keep = None
    keep.close()
    assert [type(item) for item in items] == [AudioChunk, Status, AudioChunk]
    assert likeness(heard(read_sound(keep.path, KEY, 1_000, 2_000)), voice(2)[RATE_HZ:]) > 0.97
    tap.close()
    assert source.is_closed
