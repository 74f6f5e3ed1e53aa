"""The sound of a show on the disk: Opus, in records of less than a second that only the key opens.

A file begins with MAGIC and eight bytes by which its key is known. Each record is a header (`_HEADER`), a nonce and the
sealed packets, each with its length before it. A packet has a place in stream time, its slot; slots without a packet are
silence. The header and the session's id are sealed with the packets, so that no record passes for another.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import io
import itertools
import logging
import mmap
import os
import queue
import re
import struct
import threading
from collections import deque
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from martlive_desktop.core.errors import MartLiveError, MediaUnreadable
from martlive_desktop.core.events import RATE_HZ, AudioChunk, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from numpy.typing import NDArray

    from martlive_desktop.ports import AudioSource

log = logging.getLogger(__name__)

SUFFIX: Final = ".mlaudio"

KEY_BYTES: Final = 32
"""AES-256."""

BIT_RATE: Final = 20_000
"""Bits a second: speech is clear, and an hour takes 9 MB. Source: RFC 7587, 3.1.1 (16 to 20 kbit/s for wideband)."""

EFFORT: Final = 3
"""Of 10: what a processor core does for it is 1.1 % in place of 1.8 %, for files as small."""

SLOT_MS: Final = 20
SLOT_SAMPLES: Final = RATE_HZ * SLOT_MS // 1000
"""What a packet holds; Opus works best with it."""

RECORD_SLOTS: Final = 40
"""0.8 s: what a power cut takes is, with the time of writing, less than a second."""

BACKLOG_SAMPLES: Final = 60 * RATE_HZ
"""Sound that waits for a slow disk or a keyring that asks for its password: 2 MB."""

KEYRING_S: Final = 2.0
"""How long the end of a show waits for a keyring that has not answered yet; one that is unlocked answers at once."""

MAGIC: Final = b"MLAUDIO1"
_MARK: Final = b"\xa7MLr"
_HEADER: Final = struct.Struct("<4sIIHH")
"""Mark, number of the record, its first slot, how many slots, bytes sealed (with the tag of 16)."""
_NONCE_BYTES: Final = 12
_START: Final = len(MAGIC) + 8

_SILENCE: Final = b"\xf8\xff\xfe"
"""20 ms of digital silence. Source: RFC 6716, 3.1 and 4.3: CELT, full band, mono, its silence flag set."""

_SAMPLE: Final = Fraction(1, RATE_HZ)
_TICKS: Final = 48_000
"""Ogg counts Opus in these a second. Source: RFC 7845, 4."""
_SLOT_TICKS: Final = _TICKS * SLOT_MS // 1000

OTHER_KEY: Final = (
    "The sound of this show opens only with the key that kept it, which is not in your keyring; read its words instead."
)
DAMAGED: Final = "The sound of this moment is damaged; read its words instead."
NOT_THERE: Final = "There is no sound of this moment; read its words instead."
TOO_SLOW: Final = "The disk is too slow to keep the sound of your show; some of it is missing."


class AudioKeep:
    """Keeps the sound of one show, on a thread of its own; `take` never waits, and no trouble ever stops the show.

    What cannot be kept is counted in `lost_samples`, told once, and becomes silence.
    """

    def __init__(
        self,
        folder: Path,
        session_id: str,
        key: Callable[[], bytes],
        tell: Callable[[str, str], None] | None = None,
    ) -> None:
        """Begin; a file that is there already goes on.

        Args:
            folder: Where the sound of shows lies.
            session_id: Names the file.
            key: Gives KEY_BYTES; called on the thread, for a keyring may wait for its user. Raises a MartLiveError
                where there is none.
            tell: Called on the thread with `kept` when the sound begins to be kept, or is again, and at the first
                trouble with `lost` and one sentence.
        """
        self.path = folder / f"{session_id}{SUFFIX}"
        self._key = key
        self._tell = tell or (lambda _state, _sentence: None)
        self._chunks: queue.SimpleQueue[AudioChunk | None] = queue.SimpleQueue()
        # Each is written by one thread only.
        self._taken = self._refused = self._done = self._unwritten = 0
        self._is_asked = threading.Event()
        self._is_troubled = self._is_kept = self._is_over = False
        # A daemon: a keyring that nobody unlocks must not keep the program from ending.
        self._thread = threading.Thread(target=self._run, name="martlive-sound", daemon=True)
        self._thread.start()

    @property
    def lost_samples(self) -> int:
        """What could not be kept."""
        return self._refused + self._unwritten

    def take(self, chunk: AudioChunk) -> None:
        """Keep `chunk`; from one thread, never waits."""
        if self._is_over or self._taken - self._done > BACKLOG_SAMPLES:
            self._refused += len(chunk.pcm)
            return
        self._taken += len(chunk.pcm)
        self._chunks.put(chunk)

    def close(self) -> None:
        """Write what is left; may be called twice. A keyring that waits for its user is not waited for."""
        self._chunks.put(None)
        if self._is_asked.wait(KEYRING_S):
            self._thread.join()

    def _run(self) -> None:
        try:
            key = self._key()
        except MartLiveError as exc:
            self._is_over = True
            self._trouble(str(exc))
            return
        finally:
            self._is_asked.set()
        tape = _Tape(self.path, key)
        encoder = _Encoder()
        waiting: list[tuple[int, bytes]] = []
        with contextlib.closing(tape):
            while (chunk := self._chunks.get()) is not None:
                for slot, packet in encoder.add(chunk):
                    if waiting and (len(waiting) == RECORD_SLOTS or slot != waiting[-1][0] + 1):
                        self._write(tape, waiting)
                        waiting = []
                    waiting.append((slot, packet))
                self._done += len(chunk.pcm)
                if self._refused and not self._is_troubled:
                    self._trouble(TOO_SLOW)
            for slot, packet in encoder.finish():
                waiting.append((slot, packet))
            if waiting:
                self._write(tape, waiting)

    def _write(self, tape: _Tape, packets: list[tuple[int, bytes]]) -> None:
        try:
            tape.write(packets[0][0], [packet for _, packet in packets])
        except OSError as exc:
            self._unwritten += len(packets) * SLOT_SAMPLES
            self._is_kept = False
            self._trouble(f"The sound of your show is not being kept: {_cause(exc, self.path.parent)}")
        except MediaUnreadable as exc:
            self._unwritten += len(packets) * SLOT_SAMPLES
            self._trouble(str(exc))
        else:
            if not self._is_kept:
                self._is_kept = True
                self._tell("kept", "")

    def _trouble(self, sentence: str) -> None:
        if not self._is_troubled:
            self._is_troubled = True
            log.warning("sound not kept")
            self._tell("lost", sentence)


class KeptSound:
    """A source whose sound goes to `keep`, too, while there is one."""

    def __init__(self, source: AudioSource) -> None:
        self._source = source
        self.keep: AudioKeep | None = None

    def read(self) -> Iterator[AudioChunk | Status]:
        for item in self._source.read():
            keep = self.keep
            if keep is not None and isinstance(item, AudioChunk):
                keep.take(item)
            yield item

    def close(self) -> None:
        self._source.close()


def read_sound(path: Path, key: bytes, from_ms: int, to_ms: int) -> bytes:
    """The sound of a show from `from_ms` to `to_ms` of stream time as an Ogg Opus file, as it was encoded.

    It begins at most 20 ms before `from_ms` and ends where the sound does. What is damaged or was never kept is silence.

    Raises:
        MediaUnreadable: another key kept it, nothing of that time is kept, or all of that is damaged.
    """
    first, end = max(from_ms, 0) // SLOT_MS, -(-to_ms // SLOT_MS) + 1
    with _opened(path, key) as data:
        records = list(_records(data))
        wanted = [one for one in records if one.slot < end and one.slot + one.slots > first]
        packets: dict[int, bytes] = {}
        damaged = sum(after.number != before.number + 1 for before, after in itertools.pairwise(records))
        for record in wanted:
            if (found := _unsealed(record, data, path, key)) is None:
                damaged += 1
            else:
                packets.update(enumerate(found, record.slot))
    if damaged:
        log.warning("kept sound is damaged", extra={"records": damaged})
    heard = [slot for slot in packets if first <= slot < end]
    if not heard:
        raise MediaUnreadable(DAMAGED if wanted else NOT_THERE, path=str(path))
    end = min(end, max(heard) + 1)
    length_ticks = min((to_ms - first * SLOT_MS) * _TICKS // 1000, (end - first) * _SLOT_TICKS)
    return _ogg([packets.get(slot, _SILENCE) for slot in range(first, end)], length_ticks)


def sound_length_ms(path: Path, key: bytes) -> int:
    """Stream time at which the kept sound ends; 0 where none of it can be heard.

    Raises:
        MediaUnreadable: there is no such file, or another key kept it.
    """
    with _opened(path, key) as data:
        for record in reversed(list(_records(data))):
            if _unsealed(record, data, path, key) is not None:
                return (record.slot + record.slots) * SLOT_MS
    return 0


def delete_old(folder: Path, days: int, now_iso: str) -> list[str]:
    """Delete the sound of shows that began more than `days` before `now_iso` (ISO 8601); gives their ids."""
    before = datetime.fromisoformat(now_iso) - timedelta(days=days)
    gone = []
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        began = _began(path.stem)
        if began is None or began >= before:
            continue
        try:
            path.unlink(missing_ok=True)
        except OSError as exc:
            log.warning("old sound not deleted", extra={"error": exc.errno})
        else:
            gone.append(path.stem)
    return gone


def _began(session_id: str) -> datetime | None:
    """When the show of this id began, as in 20261123-184502-k3f."""
    if not re.match(r"\d{8}-\d{6}\b", session_id):
        return None
    try:
        return datetime.strptime(session_id[:15], "%Y%m%d-%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None


class _Encoder:
    """Makes packets of sound; each has the slot of stream time in which its sound begins."""

    def __init__(self) -> None:
        import av

        self._codec = av.CodecContext.create("libopus", "w")
        self._codec.sample_rate = RATE_HZ
        self._codec.layout = "mono"
        self._codec.format = "s16"
        self._codec.bit_rate = BIT_RATE
        self._codec.time_base = _SAMPLE
        self._codec.options = {
            "application": "voip",
            "frame_duration": str(SLOT_MS),
            "compression_level": str(EFFORT),
        }
        self._rest = np.zeros(0, np.int16)
        self._slot = 0
        self._sent = 0
        self._slots: deque[int] = deque()

    def add(self, chunk: AudioChunk) -> Iterator[tuple[int, bytes]]:
        """Slots and packets that are complete with `chunk`; what is missing before it is skipped."""
        missing = chunk.start_sample - self._slot * SLOT_SAMPLES - len(self._rest)
        pcm = chunk.pcm[max(-missing, 0) :]
        if missing > 0:
            filled = min(missing, -len(self._rest) % SLOT_SAMPLES)
            yield from self._encode(np.zeros(filled, np.int16))
            skipped, begun = divmod(missing - filled, SLOT_SAMPLES)
            self._slot += skipped
            pcm = np.concatenate((np.zeros(begun, np.int16), pcm))
        yield from self._encode(pcm)

    def finish(self) -> Iterator[tuple[int, bytes]]:
        """The last packets, filled up with silence: the codec is a third of a slot late."""
        yield from self._encode(np.zeros(-len(self._rest) % SLOT_SAMPLES + SLOT_SAMPLES, np.int16))

    def _encode(self, pcm: NDArray[np.int16]) -> Iterator[tuple[int, bytes]]:
        from av import AudioFrame

        self._rest = np.concatenate((self._rest, pcm))
        while len(self._rest) >= SLOT_SAMPLES:
            frame = AudioFrame.from_ndarray(self._rest[np.newaxis, :SLOT_SAMPLES], format="s16", layout="mono")
            self._rest = self._rest[SLOT_SAMPLES:]
            frame.sample_rate = RATE_HZ
            frame.time_base = _SAMPLE
            frame.pts = self._sent
            self._sent += SLOT_SAMPLES
            self._slots.append(self._slot)
            self._slot += 1
            for packet in self._codec.encode(frame):
                yield self._slots.popleft(), bytes(packet)


class _Tape:
    """The file that sound is written to; after a write that failed, it ends where the last whole record does."""

    def __init__(self, path: Path, key: bytes) -> None:
        self._path, self._key = path, key
        self._file: io.FileIO | None = None
        self._end = self._number = 0

    def write(self, slot: int, packets: list[bytes]) -> None:
        """Write one record, on the disk when this returns.

        Raises:
            OSError: it cannot be written.
            MediaUnreadable: the file that is there was kept with another key.
        """
        if self._file is None:
            self._open()
        assert self._file is not None
        record = _sealed(self._number, slot, packets, self._path, self._key)
        try:
            _put(self._file, record)
            os.fsync(self._file.fileno())
        except OSError:
            self.close()
            raise
        self._end += len(record)
        self._number += 1

    def close(self) -> None:
        """Leave the file, without what was half written."""
        file, self._file = self._file, None
        if file is not None:
            # A disk that is gone takes nothing; the half record is left out when it is read.
            with contextlib.suppress(OSError), file:
                file.truncate(self._end)

    def _open(self) -> None:
        if not self._path.parent.exists():
            self._path.parent.mkdir(parents=True, mode=0o700)
        self._path.touch(mode=0o600)
        self._path.chmod(0o600)
        size = self._path.stat().st_size
        if size < self._end:
            self._end = 0
        elif not self._end and size >= _START:
            with _opened(self._path, self._key) as data:
                records = list(_records(data))
            self._end = records[-1].end if records else _START
            self._number = len(records)
        self._file = _open_raw(self._path)
        try:
            self._file.truncate(self._end)
            self._file.seek(self._end)
            if not self._end:
                _put(self._file, MAGIC + _key_name(self._key))
                self._end = _START
        except OSError:
            self.close()
            raise


def _open_raw(path: Path) -> io.FileIO:
    return io.FileIO(path, "r+b")


def _put(file: io.FileIO, data: bytes) -> None:
    """Write all of `data`: one call may write only a part of it."""
    left = memoryview(data)
    while left:
        left = left[file.write(left) or 0 :]


class _Record(NamedTuple):
    """Where a record lies in the file, as its header says; whether that is true is known once it is unsealed."""

    at: int
    number: int
    slot: int
    slots: int
    end: int


def _records(data: mmap.mmap) -> Iterator[_Record]:
    """The whole records, in order; where one is damaged, from the next mark on."""
    at, last = _START, len(data) - _HEADER.size
    while at <= last:
        mark, number, slot, slots, size = _HEADER.unpack_from(data, at)
        end = at + _HEADER.size + _NONCE_BYTES + size
        if mark == _MARK and end <= len(data):
            yield _Record(at, number, slot, slots, end)
            # Where no record follows, the size may be what is damaged.
            if end == len(data) or data[end : end + len(_MARK)] == _MARK:
                at = end
                continue
        if (at := data.find(_MARK, at + 1)) < 0:
            return


def _sealed(number: int, slot: int, packets: Iterable[bytes], path: Path, key: bytes) -> bytes:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    lengths_and_packets = [struct.pack("<H", len(packet)) + packet for packet in packets]
    plain = b"".join(lengths_and_packets)
    header = _HEADER.pack(_MARK, number, slot, len(lengths_and_packets), len(plain) + 16)
    # Random, and not the number: a record that was half written before is never sealed with the same nonce again.
    nonce = os.urandom(_NONCE_BYTES)
    return header + nonce + AESGCM(key).encrypt(nonce, plain, path.stem.encode() + header)


def _unsealed(record: _Record, data: mmap.mmap, path: Path, key: bytes) -> list[bytes] | None:
    """The packets of `record`; None where it is damaged."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    start = record.at + _HEADER.size
    begin = start + _NONCE_BYTES
    try:
        plain = AESGCM(key).decrypt(
            data[start:begin], data[begin : record.end], path.stem.encode() + data[record.at : start]
        )
    except InvalidTag:
        return None
    packets, at = [], 0
    while at < len(plain):
        (size,) = struct.unpack_from("<H", plain, at)
        packets.append(plain[at + 2 : at + 2 + size])
        at += 2 + size
    return packets


@contextlib.contextmanager
def _opened(path: Path, key: bytes) -> Iterator[mmap.mmap]:
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            if data[: len(MAGIC)] != MAGIC or len(data) < _START:
                raise MediaUnreadable(DAMAGED, path=str(path))
            if data[len(MAGIC) : _START] != _key_name(key):
                raise MediaUnreadable(OTHER_KEY, path=str(path))
            yield data
    except (OSError, ValueError) as exc:
        raise MediaUnreadable(NOT_THERE, path=str(path)) from exc


def _key_name(key: bytes) -> bytes:
    """Eight bytes that tell keys apart and say nothing of them."""
    return hashlib.sha256(b"martlive sound " + key).digest()[: _START - len(MAGIC)]


def _ogg(packets: list[bytes], length_ticks: int) -> bytes:
    """`packets` as an Ogg file; the first sound is heard at once, and the last after `length_ticks`."""
    import av

    out = io.BytesIO()
    with av.open(out, "w", format="ogg") as container:
        stream = container.add_stream("libopus", rate=RATE_HZ)
        stream.layout = "mono"
        # Its header says by how much the codec is late, and Ogg's clock begins so much earlier.
        stream.codec_context.open()
        header = stream.codec_context.extradata
        assert header is not None
        (late,) = struct.unpack_from("<H", header, 10)
        for number, payload in enumerate(packets):
            packet = av.Packet(payload)
            packet.stream = stream
            packet.time_base = Fraction(1, _TICKS)
            packet.pts = packet.dts = number * _SLOT_TICKS - late
            packet.duration = min(_SLOT_TICKS, length_ticks - packet.pts)
            if packet.duration <= 0:
                break
            container.mux(packet)
    return out.getvalue()


def _cause(exc: OSError, folder: Path) -> str:
    if exc.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"the disk is full; make room on the disk of {folder}."
    return f"{folder} says {exc.strerror}; check that you can write there and that the disk has room."
