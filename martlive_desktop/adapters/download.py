"""Files from servers that stall, break off, lie or are not there: resumed, checked, from the next place where one fails."""

from __future__ import annotations

import contextlib
import email.utils
import errno
import hashlib
import io
import os
import shutil
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx

from martlive_desktop.core.errors import DownloadDamaged, DownloadInterrupted, MartLiveError

READ_TIMEOUT_S = 30.0
"""A server that sends nothing for so long is taken for gone."""
CONNECT_TIMEOUT_S = 10.0
TRIES = 2
"""Of each place, before the download is given up."""
WORTH_BYTES = 1024 * 1024
"""A try that brought so much does not count: a bad line gets there in the end."""
LEAST_BYTES = 1024
"""Who brings less within the read time-out is as good as gone."""
PAUSE_S = 0.5
"""Before a place is asked again."""
LONGEST_PAUSE_S = 30.0
"""A server that wants more patience is left for the next try of the user."""
MOST_REDIRECTS = 5
RESERVE_BYTES = 64 * 1024 * 1024
"""Left free on the disk, so that a download never stops a session from being written."""
BLOCK_BYTES = 256 * 1024
POLL_S = 0.1
LET_GO_S = 0.2
"""A transfer that is stopped has so long to end; one that still looks for its server ends by itself and writes nothing."""
PART = ".part"
NEAR = ("all://127.0.0.1", "all://localhost", "all://[::1]")
"""No proxy knows these."""

Progress = Callable[[int, int], None]
"""Called with (bytes done, bytes in all), never with less than before; from the thread that called `fetch_all`."""

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_PATIENCE = frozenset(
    {
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.TOO_EARLY,
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.INTERNAL_SERVER_ERROR,
        HTTPStatus.BAD_GATEWAY,
        HTTPStatus.SERVICE_UNAVAILABLE,
        HTTPStatus.GATEWAY_TIMEOUT,
    }
)
"""Answers of a server that may have the file in a moment."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One file that is to come; nothing else than `bytes` bytes with this SHA-256 ever lies at `target`."""

    urls: tuple[str, ...]
    """Where it is, the best place first; at least one."""
    target: Path
    bytes: int
    sha256: str
    name: str = ""
    """What the user knows it by; empty: the name of the file."""


def open_client(proxy: str = "", *, read_timeout_s: float = READ_TIMEOUT_S) -> httpx.Client:
    """A client for downloads, by `proxy` or where it is empty by the system's.

    Raises:
        MartLiveError: there can be no proxy of this address.
    """
    timeout = httpx.Timeout(read_timeout_s, connect=CONNECT_TIMEOUT_S)
    headers = {"User-Agent": "martlive", "Accept-Encoding": "identity"}
    try:
        return httpx.Client(
            proxy=proxy or None, timeout=timeout, headers=headers, follow_redirects=True, mounts=dict.fromkeys(NEAR)
        )
    except (ValueError, ImportError, httpx.InvalidURL) as exc:
        raise MartLiveError(
            "The proxy for downloads cannot be used; give one whose address begins with http:// or https://."
        ) from exc


def fetch_all(
    wanted: Sequence[Wanted],
    progress: Progress,
    *,
    client: httpx.Client | None = None,
    parallel: int = 3,
    read_timeout_s: float = READ_TIMEOUT_S,
    stop: threading.Event | None = None,
) -> None:
    """Bring all files to their targets, several at once; what is there with the right bytes is not fetched.

    What arrived lies beside its target, as `target` + ".part", until length and SHA-256 are right: the next try goes on
    there, whatever ended this one. Any number of processes may want the same file.

    Raises:
        DownloadInterrupted: no place gave all of a file, or `stop` was set; what arrived is kept.
        DownloadDamaged: what came was not the file; its bytes are deleted.
        MartLiveError: the disk is full or the folder cannot be written; what arrived is kept.
    """
    with contextlib.ExitStack() as stack:
        used = client or stack.enter_context(open_client(read_timeout_s=read_timeout_s))
        _Batch(wanted, used, read_timeout_s).run(progress, parallel, stop or threading.Event())


class _Failed(Exception):
    """One try at one place came to nothing."""

    def __init__(
        self, sentence: str, *, url: str, is_final: bool = False, is_other: bool = False, pause_s: float = 0.0
    ) -> None:
        super().__init__(sentence)
        self.url = url
        self.is_final = is_final
        """This place is not asked again."""
        self.is_other = is_other
        """It has other bytes under this name."""
        self.pause_s = max(pause_s, PAUSE_S)

    def for_user(self) -> MartLiveError:
        kind = DownloadDamaged if self.is_other else DownloadInterrupted
        return kind(str(self), url=self.url)


class _Batch:
    """Several files on their way; the first that cannot come ends the others, which keep what arrived."""

    def __init__(self, wanted: Sequence[Wanted], client: httpx.Client, read_timeout_s: float) -> None:
        self._ending = threading.Event()
        self._changed = threading.Event()
        self._transfers = [_Transfer(one, client, read_timeout_s, self._ending, self._changed) for one in wanted]
        self._bytes = sum(one.bytes for one in wanted)

    def run(self, progress: Progress, parallel: int, stop: threading.Event) -> None:
        _need_space([transfer.wanted for transfer in self._transfers])
        slots = threading.Semaphore(parallel)
        # Threads that hang in the search for a server never keep the program from ending.
        threads = [
            threading.Thread(target=transfer.run, args=(slots,), name="martlive-download", daemon=True)
            for transfer in self._transfers
        ]
        for thread in threads:
            thread.start()
        try:
            self._follow(progress, stop)
        finally:
            self._ending.set()
            for transfer in self._transfers:
                transfer.cut()
            until_s = time.monotonic() + LET_GO_S
            for thread in threads:
                thread.join(max(until_s - time.monotonic(), 0.0))

    def _follow(self, progress: Progress, stop: threading.Event) -> None:
        """Tell how far it is until all is there, or something ends it."""
        told = -1
        while True:
            self._changed.clear()
            is_over = all(transfer.is_over for transfer in self._transfers)
            for transfer in self._transfers:
                if transfer.failure is not None:
                    raise transfer.failure
            if stop.is_set() and not is_over:
                raise self._transfers[0].stopped()
            done = sum(transfer.arrived for transfer in self._transfers)
            if done > told:
                progress(done, self._bytes)
                told = done
            if is_over:
                return
            self._changed.wait(POLL_S)


class _Transfer:
    """One file on its way: its part only grows, and goes only when its bytes are wrong."""

    def __init__(
        self,
        wanted: Wanted,
        client: httpx.Client,
        read_timeout_s: float,
        ending: threading.Event,
        changed: threading.Event,
    ) -> None:
        self.wanted = wanted
        self.arrived = 0
        """Bytes that are on this computer."""
        self.is_over = False
        self.failure: MartLiveError | None = None
        self._client = client
        self._read_timeout_s = read_timeout_s
        self._ending = ending
        self._changed = changed
        self._socket: socket.socket | None = None
        self._part = wanted.target.with_name(wanted.target.name + PART)
        self._name = wanted.name or wanted.target.name

    def run(self, slots: threading.Semaphore) -> None:
        """Bring the file; in a thread of its own, as soon as there is a slot."""
        failure: MartLiveError | None = self._lost(self.wanted.urls[0]).for_user()
        try:
            with slots:
                self._bring()
            failure = None
        except MartLiveError as exc:
            failure = exc
        finally:
            self.failure, self.is_over = failure, True
            self._changed.set()

    def _bring(self) -> None:
        target = self.wanted.target
        try:
            self._check_ending()
            target.parent.mkdir(parents=True, exist_ok=True)
            with self._lock():
                if _length(target) != self.wanted.bytes or not self._is_right(target):
                    self._arrive()
                    with self._part.open("rb+") as part:
                        os.fsync(part.fileno())
                    self._part.replace(target)
                    _sync_folder(target.parent)
        except OSError as exc:
            if exc.errno in _FULL:
                raise no_space(self._name, target.parent, self.wanted.bytes - max(_length(self._part), 0)) from exc
            raise unwritable(exc, target) from exc
        self._tell(self.wanted.bytes)

    def cut(self) -> None:
        """Wake a thread that waits for the server; from any thread."""
        if self._socket is not None:
            # Its own method would take the encryption away beneath the thread that reads.
            with contextlib.suppress(OSError):
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)

    def stopped(self) -> DownloadInterrupted:
        sentence = f"The download of {self._name} was stopped; what arrived is kept for the next try."
        return DownloadInterrupted(sentence, url=self.wanted.urls[0])

    @contextlib.contextmanager
    def _lock(self) -> Iterator[None]:
        """One process at a time brings this file; another one waits, and finds it."""
        path = self.wanted.target.with_name(self.wanted.target.name + ".lock")
        with held(path, self._check_ending):
            yield
        # Whoever still waits for this lock, or makes a new one, finds the right file.
        with contextlib.suppress(OSError):
            path.unlink()

    def _arrive(self) -> None:
        """Fill the part until its bytes are right."""
        if _length(self._part) > self.wanted.bytes:
            self._part.unlink()
        self._part.touch()
        sources = {"kept"} if self._tell(_length(self._part)) else set()
        tries = dict.fromkeys(self.wanted.urls, TRIES)
        pauses: dict[str, float] = {}
        has_been_wrong = False
        while True:
            if self.arrived == self.wanted.bytes:
                if self._is_right(self._part):
                    return
                self._part.unlink()
                if has_been_wrong or not (tries := _without_culprit(tries, sources)):
                    raise self._damaged()
                # What an earlier run left may have been wrong by itself: that is nobody's fault now.
                has_been_wrong = sources != {"kept"}
                sources = set()
                self._part.touch()
                self._tell(0)
                continue
            url = max(tries, key=lambda one: tries[one])
            self._ending.wait(pauses.get(url, 0.0))
            before = self.arrived
            failed: _Failed | None = None
            try:
                self._go_on(url)
            except _Failed as exc:
                failed = exc
            self._check_ending()
            if self.arrived > before:
                sources.add(url)
            if self.arrived == self.wanted.bytes:
                continue
            if self.arrived - before < WORTH_BYTES:
                tries[url] -= 1
            failed = failed or self._lost(url)
            pauses[url] = failed.pause_s
            if failed.is_final or tries[url] <= 0:
                del tries[url]
            if not tries:
                raise failed.for_user() from failed

    def _go_on(self, url: str) -> None:
        """Ask one place for what is missing and take what comes.

        Raises:
            _Failed: this try brings no more.
        """
        have = self.arrived
        headers = {"Accept-Encoding": "identity", "Connection": "close"}
        if have:
            headers["Range"] = f"bytes={have}-"
        try:
            with self._answer(url, headers) as answer:
                if answer.status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE and have:
                    answer.close()
                    del headers["Range"]
                    with self._answer(url, headers) as whole:
                        self._take(whole, url, have)
                else:
                    self._take(answer, url, have)
        except httpx.ProxyError as exc:
            sentence = f"The proxy does not let {self._name} through; check the proxy for downloads and try again."
            raise _Failed(sentence, url=url) from exc
        except (httpx.RequestError, httpx.InvalidURL) as exc:
            if _is_untrusted(exc):
                sentence = f"The server of {self._name} cannot prove who it is; check the date of this computer and its network."
                raise _Failed(sentence, url=url, is_final=True) from exc
            raise self._lost(url) from exc

    @contextlib.contextmanager
    def _answer(self, url: str, headers: dict[str, str]) -> Iterator[httpx.Response]:
        """What the server says in the end; a redirect never leads out of encryption."""
        at = httpx.URL(url)
        timeout = httpx.Timeout(self._read_timeout_s, connect=CONNECT_TIMEOUT_S)
        for _ in range(MOST_REDIRECTS + 1):
            self._check_ending()
            with self._client.stream(
                "GET", at, headers=headers, timeout=timeout, follow_redirects=False, extensions={"trace": self._trace}
            ) as answer:
                if not answer.has_redirect_location:
                    yield answer
                    return
                to = at.join(answer.headers["Location"])
            if to.scheme not in {"https", at.scheme}:
                sentence = (
                    f"The server sends {self._name} without encryption; tell whoever runs it, or use another one."
                )
                raise _Failed(sentence, url=url, is_final=True)
            at = to
        raise _Failed(f"The server gives {self._name} nowhere; try again later.", url=url, is_final=True)

    def _take(self, answer: httpx.Response, url: str, have: int) -> None:
        """Write what the answer adds to the part."""
        if not answer.is_success:
            raise self._refused(answer, url)
        known = self._known_bytes(answer, have)
        if known is None:
            raise self._other(answer, url)
        with self._part.open("ab", buffering=0) as part:
            for block in self._blocks(answer, url):
                # A server without ranges begins anew: what is here already is let go by.
                new = block[known:]
                known = max(known - len(block), 0)
                self._write(part, new)
                if self.arrived == self.wanted.bytes:
                    break

    def _blocks(self, answer: httpx.Response, url: str) -> Iterator[bytes]:
        """What comes, while enough comes."""
        since_s, came = time.monotonic(), 0
        for block in answer.iter_raw():
            self._check_ending()
            yield block
            came += len(block)
            if time.monotonic() - since_s > self._read_timeout_s:
                if came < LEAST_BYTES:
                    raise self._lost(url)
                since_s, came = time.monotonic(), 0

    def _write(self, part: io.FileIO, block: bytes) -> None:
        left = memoryview(block)[: self.wanted.bytes - self.arrived]
        while left:
            # A disk that is nearly full takes a piece of a block.
            count = part.write(left)
            left = left[count:]
            self._tell(self.arrived + count)

    def _known_bytes(self, answer: httpx.Response, have: int) -> int | None:
        """How many bytes at the answer's beginning are here already; None: it is not about this file."""
        headers = answer.headers
        size = self.wanted.bytes
        declared = headers.get("Content-Length")
        is_coded = headers.get("Content-Encoding", "identity") != "identity"
        kind = headers.get("Content-Type", "")
        if kind.startswith(("text/html", "multipart/")):
            return None
        if answer.status_code == HTTPStatus.PARTIAL_CONTENT:
            begins = headers.get("Content-Range", "").startswith(f"bytes {have}-")
            ends = headers.get("Content-Range", "").endswith((f"/{size}", "/*"))
            fits = declared is None or (declared.isdecimal() and int(declared) <= size - have)
            return 0 if begins and ends and fits and not is_coded else None
        if answer.status_code != HTTPStatus.OK:
            return None
        fits = declared == str(size) or (declared is None and not is_coded)
        return have if fits else None

    def _refused(self, answer: httpx.Response, url: str) -> _Failed:
        status = answer.status_code
        sentence = f"The server does not give {self._name} (status {status}); try again later."
        if status not in _PATIENCE:
            return _Failed(sentence, url=url, is_final=True)
        pause_s = _retry_after_s(answer)
        if pause_s > LONGEST_PAUSE_S:
            minutes = max(1, round(pause_s / 60))
            sentence = f"The server is too busy for {self._name}; try again in {minutes} min."
            return _Failed(sentence, url=url, is_final=True)
        return _Failed(sentence, url=url, pause_s=pause_s)

    def _other(self, answer: httpx.Response, url: str) -> _Failed:
        if answer.headers.get("Content-Type", "").startswith("text/html"):
            sentence = (
                f"The network answers with a page in place of {self._name}; open a browser, sign in and try again."
            )
            return _Failed(sentence, url=url)
        sentence = f"The server has another file in place of {self._name}; try again later or from another place."
        return _Failed(sentence, url=url, is_other=True)

    def _lost(self, url: str) -> _Failed:
        sentence = f"The download of {self._name} was interrupted; try again, it goes on where it stopped."
        return _Failed(sentence, url=url)

    def _damaged(self) -> DownloadDamaged:
        sentence = f"The download of {self._name} brought wrong bytes, which are deleted; try again later or from another place."
        return DownloadDamaged(sentence, url=self.wanted.urls[0])

    def _is_right(self, path: Path) -> bool:
        digest = hashlib.sha256()
        with path.open("rb") as source:
            while block := source.read(BLOCK_BYTES):
                self._check_ending()
                digest.update(block)
        return digest.hexdigest() == self.wanted.sha256

    def _tell(self, arrived: int) -> int:
        self.arrived = arrived
        self._changed.set()
        return arrived

    def _check_ending(self) -> None:
        if self._ending.is_set():
            raise self.stopped()

    def _trace(self, event: str, info: dict[str, Any]) -> None:
        """Remember the connection, so that a stop need not wait for the server."""
        if event.endswith(("connect_tcp.complete", "start_tls.complete")):
            self._socket = info["return_value"].get_extra_info("socket")
            if self._ending.is_set():
                self.cut()


def _without_culprit(tries: dict[str, int], sources: set[str]) -> dict[str, int]:
    """The places that may be asked after the bytes of `sources` were wrong together: all, but for one that was alone."""
    return {url: max(left, 1) for url, left in tries.items() if sources != {url}}


def _is_untrusted(error: BaseException | None) -> bool:
    """Whether a wrong certificate is behind `error`."""
    while error is not None and not isinstance(error, ssl.SSLCertVerificationError):
        error = error.__cause__ or error.__context__
    return error is not None


def _retry_after_s(answer: httpx.Response) -> float:
    """How long the server wants to be left alone: a number of seconds, or a date by the server's own clock."""
    asked = answer.headers.get("Retry-After", "")
    if asked.isdecimal():
        return float(asked)
    try:
        until = email.utils.parsedate_to_datetime(asked)
        return (until - email.utils.parsedate_to_datetime(answer.headers["Date"])).total_seconds()
    except (ValueError, TypeError, KeyError):
        return 0.0


def _need_space(wanted: Sequence[Wanted]) -> None:
    """Raise MartLiveError where a disk has no room for what is still to come."""
    missing: dict[Path, int] = {}
    for one in wanted:
        if _length(one.target) != one.bytes:
            folder = _existing(one.target.parent)
            have = max(_length(one.target.with_name(one.target.name + PART)), 0)
            missing[folder] = missing.get(folder, 0) + max(one.bytes - have, 0)
    for folder, needed in missing.items():
        need_space(wanted[0].name or wanted[0].target.name, folder, needed)


def need_space(name: str, folder: Path, needed: int) -> None:
    """Raise MartLiveError where the disk of `folder` has no room for `needed` bytes and some more."""
    if shutil.disk_usage(folder).free < needed + RESERVE_BYTES:
        raise no_space(name, folder, needed)


def no_space(name: str, folder: Path, needed: int) -> MartLiveError:
    """The error of a full disk."""
    size_mb = (max(needed, 0) + RESERVE_BYTES) / 1e6
    return MartLiveError(f"The disk has no room for {name}: free {size_mb:.0f} MB for {folder} and try again.")


def unwritable(error: OSError, path: Path) -> MartLiveError:
    """The error of a file or folder that cannot be written."""
    return MartLiveError(
        f"MartLive cannot change {error.filename or path}: close other programs that use it and allow writing."
    )


@contextlib.contextmanager
def held(path: Path, check: Callable[[], None]) -> Iterator[None]:
    """Hold the lock file at `path`; while another process has it, `check` may raise."""
    import filelock

    lock = filelock.FileLock(path)
    while True:
        check()
        with contextlib.suppress(filelock.Timeout):
            lock.acquire(timeout=POLL_S)
            break
    try:
        yield
    finally:
        lock.release()


def _existing(folder: Path) -> Path:
    return next(one for one in (folder, *folder.parents) if one.exists())


def _length(path: Path) -> int:
    """How many bytes a file has; -1: there is none."""
    try:
        return path.stat().st_size
    except OSError:
        return -1


def _sync_folder(folder: Path) -> None:
    """Have a new name survive a power cut, where the system can."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
