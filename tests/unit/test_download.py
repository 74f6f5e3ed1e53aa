"""Downloads: resumed, checked and brought in parallel, from servers with every fault that there is."""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import ssl
import subprocess
import sys
import threading
import time
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime
from ipaddress import IPv4Address
from pathlib import Path
from subprocess import PIPE
from typing import NamedTuple

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from martlive_desktop.adapters import download
from martlive_desktop.adapters.download import Wanted, fetch_all, open_client
from martlive_desktop.core.errors import DownloadDamaged, DownloadInterrupted, MartLiveError
from tests.fakes.fault_server import Fault, FaultServer, Kind, fault_server

CONTENT = random.Random(1).randbytes(300_000)
OTHER = random.Random(2).randbytes(300_000)
SOON_S = 0.2
"""The read time-out of these tests."""
STOP_S = 0.5
"""A download that is stopped ends within it."""


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with fault_server() as running:
        running.files = {"/a": CONTENT, "/b": CONTENT}
        yield running


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    """One for many tests: it takes longer to make than a small file to come."""
    with open_client() as made:
        yield made


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "PAUSE_S", 0.01)


def wanted(server: FaultServer, target: Path, *paths: str, content: bytes = CONTENT) -> Wanted:
    urls = tuple(server.url + path for path in paths or ("/a",))
    return Wanted(urls, target, len(content), hashlib.sha256(content).hexdigest(), "the model")


def fetch(*files: Wanted, stop: threading.Event | None = None) -> list[int]:
    """What progress told; a time-out that a test can wait for."""
    told: list[int] = []
    fetch_all(files, lambda done, _total: told.append(done), read_timeout_s=SOON_S, stop=stop)
    return told


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_file_comes_with_progress_and_leaves_nothing_beside_it(server: FaultServer, tmp_path: Path) -> None:
    told = fetch(wanted(server, tmp_path / "deep/model"))
    assert (tmp_path / "deep/model").read_bytes() == CONTENT
    assert names(tmp_path / "deep") == ["model"]
    assert told == sorted(told)
    assert told[-1] == 300_000


def test_file_that_is_there_is_not_asked_for(server: FaultServer, tmp_path: Path) -> None:
    (tmp_path / "model").write_bytes(CONTENT)
    assert fetch(wanted(server, tmp_path / "model"))[-1] == 300_000
    assert server.asked == []


def test_file_with_wrong_bytes_is_replaced_when_the_right_ones_are_there(server: FaultServer, tmp_path: Path) -> None:
    (tmp_path / "model").write_bytes(OTHER)
    server.faults["/a"] = [Fault("status", status=404)]
    with pytest.raises(DownloadInterrupted):
        fetch(wanted(server, tmp_path / "model"))
    assert (tmp_path / "model").read_bytes() == OTHER
    fetch(wanted(server, tmp_path / "model"))
    assert (tmp_path / "model").read_bytes() == CONTENT


PASSING: dict[str, Fault] = {
    "mute": Fault("mute"),
    "stall": Fault("stall", at=100_000),
    "cut off": Fault("cut", at=100_000),
    "cut off at once": Fault("cut", at=0),
    "reset": Fault("reset", at=100_000),
    "length too long": Fault("too long"),
    "length too short": Fault("too short", at=5),
    "no length": Fault("no length"),
    "no length and cut off": Fault("no length, cut", at=100_000),
    "compressed": Fault("gzip"),
    "portal": Fault("portal"),
    "portal without length": Fault("portal without length"),
    "busy": Fault("status", status=503),
    "too many": Fault("status", status=429, retry_after="0"),
    "drips": Fault("drips"),
}


@pytest.mark.parametrize("fault", PASSING.values(), ids=PASSING)
def test_fault_that_passes_is_survived(fault: Fault, server: FaultServer, tmp_path: Path) -> None:
    server.faults["/a"] = [fault]
    told = fetch(wanted(server, tmp_path / "model"))
    assert (tmp_path / "model").read_bytes() == CONTENT
    assert told == sorted(told)


ON_RESUMING: dict[str, Fault] = {
    "other range": Fault("other range"),
    "less than was asked for": Fault("less range", at=50_000),
    "no ranges": Fault("no range"),
    "no ranges and cut off": Fault("no range", at=50_000),
    "refused": Fault("refuses range"),
    "portal": Fault("portal"),
    "compressed": Fault("gzip"),
}


@pytest.mark.parametrize("fault", ON_RESUMING.values(), ids=ON_RESUMING)
def test_what_arrived_survives_a_fault_in_the_rest(fault: Fault, server: FaultServer, tmp_path: Path) -> None:
    (tmp_path / "model.part").write_bytes(CONTENT[:100_000])
    server.faults["/a"] = [fault]
    told = fetch(wanted(server, tmp_path / "model"))
    assert (tmp_path / "model").read_bytes() == CONTENT
    assert told[0] in {0, 100_000}
    assert server.asked[0].range == "bytes=100000-"


def test_rest_is_all_that_is_asked_for(server: FaultServer, tmp_path: Path) -> None:
    server.faults["/a"] = [Fault("cut", at=120_000), Fault("cut", at=60_000)]
    with pytest.raises(DownloadInterrupted) as caught:
        fetch(wanted(server, tmp_path / "model"))
    assert str(caught.value) == ("The download of the model was interrupted; try again, it goes on where it stopped.")
    assert caught.value.url == server.url + "/a"
    assert (tmp_path / "model.part").read_bytes() == CONTENT[:180_000]
    fetch(wanted(server, tmp_path / "model"))
    assert (tmp_path / "model").read_bytes() == CONTENT
    assert server.ranges == [None, "bytes=120000-", "bytes=180000-"]
    assert server.sent["/a"] == 300_000


def test_bad_line_that_brings_something_each_time_gets_there(server: FaultServer, tmp_path: Path) -> None:
    content = random.Random(3).randbytes(8 * 1024 * 1024)
    server.files["/a"] = content
    server.faults["/a"] = [Fault("cut", at=1_500_000)] * 5
    fetch(wanted(server, tmp_path / "model", content=content))
    assert (tmp_path / "model").read_bytes() == content
    assert len(server.asked) == 6
    assert server.sent["/a"] == len(content)


def test_second_mirror_is_asked_where_the_first_has_nothing(server: FaultServer, tmp_path: Path) -> None:
    fetch(wanted(server, tmp_path / "model", "/nowhere", "/b"))
    assert (tmp_path / "model").read_bytes() == CONTENT
    assert [one.path for one in server.asked] == ["/nowhere", "/b"]


def test_second_mirror_goes_on_where_the_first_broke_off(server: FaultServer, tmp_path: Path) -> None:
    server.always["/a"] = Fault("stall", at=200_000)
    fetch(wanted(server, tmp_path / "model", "/a", "/b"))
    assert (tmp_path / "model").read_bytes() == CONTENT
    assert [(one.path, one.range) for one in server.asked] == [("/a", None), ("/b", "bytes=200000-")]
    assert server.sent["/b"] == 100_000


def test_wrong_bytes_are_thrown_away_and_asked_for_elsewhere_once(server: FaultServer, tmp_path: Path) -> None:
    server.always["/a"] = Fault("corrupt", at=150_000)
    fetch(wanted(server, tmp_path / "model", "/a", "/b"))
    assert (tmp_path / "model").read_bytes() == CONTENT
    assert [(one.path, one.range) for one in server.asked] == [("/a", None), ("/b", None)]


@pytest.mark.parametrize("paths", [("/a",), ("/a", "/b"), ("/a", "/b", "/c")], ids=["one", "two", "three"])
def test_wrong_bytes_everywhere_are_one_sentence_and_nothing_is_kept(
    paths: tuple[str, ...], server: FaultServer, tmp_path: Path
) -> None:
    server.files = dict.fromkeys(paths, OTHER)
    with pytest.raises(DownloadDamaged) as caught:
        fetch(wanted(server, tmp_path / "model", *paths))
    assert str(caught.value) == (
        "The download of the model brought wrong bytes, which are deleted; try again later or from another place."
    )
    assert len(server.asked) == min(len(paths), 2)
    assert names(tmp_path) == ["model.lock"]


@pytest.mark.parametrize("kept", [OTHER[:100_000], OTHER, OTHER + b"?"], ids=["beginning", "all", "too much"])
def test_wrong_bytes_of_an_earlier_run_cost_no_further_try(kept: bytes, server: FaultServer, tmp_path: Path) -> None:
    (tmp_path / "model.part").write_bytes(kept)
    fetch(wanted(server, tmp_path / "model"))
    assert (tmp_path / "model").read_bytes() == CONTENT


SENTENCES: dict[str, tuple[Fault, str]] = {
    "not there": (
        Fault("status", status=404),
        "The server does not give the model (status 404); try again later.",
    ),
    "busy": (
        Fault("status", status=503, retry_after="600"),
        "The server is too busy for the model; try again in 10 min.",
    ),
    "busy until": (
        Fault(
            "status",
            status=429,
            retry_after="Fri, 31 Dec 1999 23:59:59 GMT",
            date="Fri, 31 Dec 1999 23:29:59 GMT",
        ),
        "The server is too busy for the model; try again in 30 min.",
    ),
    "portal": (
        Fault("portal"),
        "The network answers with a page in place of the model; open a browser, sign in and try again.",
    ),
    "another file": (
        Fault("too long"),
        "The server has another file in place of the model; try again later or from another place.",
    ),
    "goes round": (
        Fault("redirect", location="/a"),
        "The server gives the model nowhere; try again later.",
    ),
    "garbage": (
        Fault("redirect", location="http://[::"),
        "The download of the model was interrupted; try again, it goes on where it stopped.",
    ),
}


@pytest.mark.parametrize(("fault", "sentence"), SENTENCES.values(), ids=SENTENCES)
def test_fault_that_stays_is_one_sentence_and_costs_nothing_that_arrived(
    fault: Fault, sentence: str, server: FaultServer, tmp_path: Path
) -> None:
    (tmp_path / "model.part").write_bytes(CONTENT[:100_000])
    server.always["/a"] = fault
    with pytest.raises((DownloadInterrupted, DownloadDamaged)) as caught:
        fetch(wanted(server, tmp_path / "model"))
    assert str(caught.value) == sentence
    assert (tmp_path / "model.part").read_bytes() == CONTENT[:100_000]
    server.always.clear()
    server.asked.clear()
    fetch(wanted(server, tmp_path / "model"))
    assert (tmp_path / "model").read_bytes() == CONTENT
    assert server.ranges == ["bytes=100000-"]


def test_server_that_is_not_there_is_an_interrupted_download(server: FaultServer, tmp_path: Path) -> None:
    server.close()
    with pytest.raises(DownloadInterrupted, match="was interrupted; try again"):
        fetch(wanted(server, tmp_path / "model"))


def test_busy_server_is_left_alone_as_long_as_it_asks(server: FaultServer, tmp_path: Path) -> None:
    server.faults["/a"] = [Fault("status", status=503, retry_after="1")]
    begun_s = time.monotonic()
    fetch(wanted(server, tmp_path / "model"))
    assert 1.0 <= time.monotonic() - begun_s < 3.0
    assert (tmp_path / "model").read_bytes() == CONTENT


def test_redirect_is_followed_with_the_range(server: FaultServer, tmp_path: Path) -> None:
    (tmp_path / "model.part").write_bytes(CONTENT[:100_000])
    server.always["/start"] = Fault("redirect", location="/a")
    fetch(wanted(server, tmp_path / "model", "/start"))
    assert (tmp_path / "model").read_bytes() == CONTENT
    assert [(one.path, one.range) for one in server.asked] == [("/start", "bytes=100000-"), ("/a", "bytes=100000-")]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of a server on this computer, signed by itself."""
    key, here = ec.generate_private_key(ec.SECP256R1()), IPv4Address("127.0.0.1")
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2120, 1, 1, tzinfo=UTC))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(here)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(signed.public_bytes(Encoding.PEM) + secret)
    return path


@pytest.fixture
def secure(certificate: Path) -> Iterator[FaultServer]:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    with fault_server(tls) as running:
        running.files["/a"] = CONTENT
        yield running


def test_redirect_out_of_encryption_is_not_followed(
    secure: FaultServer, server: FaultServer, certificate: Path, tmp_path: Path
) -> None:
    secure.always["/a"] = Fault("redirect", location=server.url + "/a")
    with (
        httpx.Client(verify=ssl.create_default_context(cafile=str(certificate))) as trusting,
        pytest.raises(DownloadInterrupted, match=r"^The server sends the model without encryption"),
    ):
        fetch_all([wanted(secure, tmp_path / "model")], lambda _done, _total: None, client=trusting)
    assert [one.path for one in secure.asked] == ["/a"]
    assert server.asked == []


def test_encrypted_download_can_be_stopped_and_goes_on(secure: FaultServer, certificate: Path, tmp_path: Path) -> None:
    secure.faults["/a"] = [Fault("stall", at=100_000)]
    stop, stopped_s = threading.Event(), list[float]()

    def stop_when_it_stalls() -> None:
        assert secure.is_held.wait(10)
        stopped_s.append(time.monotonic())
        stop.set()

    stopper = threading.Thread(target=stop_when_it_stalls)
    stopper.start()
    file = wanted(secure, tmp_path / "model")
    with httpx.Client(verify=ssl.create_default_context(cafile=str(certificate))) as trusting:
        with pytest.raises(DownloadInterrupted, match="was stopped"):
            fetch_all([file], lambda _done, _total: None, client=trusting, stop=stop)
        assert time.monotonic() - stopped_s[0] < STOP_S
        stopper.join()
        fetch_all([file], lambda _done, _total: None, client=trusting)
    assert (tmp_path / "model").read_bytes() == CONTENT


def test_server_that_cannot_prove_who_it_is_gives_nothing(secure: FaultServer, tmp_path: Path) -> None:
    with pytest.raises(DownloadInterrupted) as caught:
        fetch(wanted(secure, tmp_path / "model"))
    assert str(caught.value) == (
        "The server of the model cannot prove who it is; check the date of this computer and its network."
    )
    assert secure.asked == []


def test_proxy_is_asked_for_what_is_elsewhere(server: FaultServer, tmp_path: Path) -> None:
    digest = hashlib.sha256(CONTENT).hexdigest()
    file = Wanted(("http://models.example/a",), tmp_path / "model", len(CONTENT), digest)
    with open_client(server.url) as client:
        fetch_all([file], lambda _done, _total: None, client=client)
    assert (tmp_path / "model").read_bytes() == CONTENT
    assert [one.path for one in server.asked] == ["http://models.example/a"]


def test_proxy_of_the_system_is_asked_where_none_is_named(
    server: FaultServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTP_PROXY", server.url)
    digest = hashlib.sha256(CONTENT).hexdigest()
    fetch(Wanted(("http://models.example/a",), tmp_path / "model", len(CONTENT), digest))
    assert [one.path for one in server.asked] == ["http://models.example/a"]


def test_proxy_is_not_asked_for_this_computer(server: FaultServer, tmp_path: Path) -> None:
    with fault_server() as proxy, open_client(proxy.url) as client:
        fetch_all([wanted(server, tmp_path / "model")], lambda _done, _total: None, client=client)
        assert proxy.asked == []
    assert (tmp_path / "model").read_bytes() == CONTENT


def test_proxy_that_lets_nothing_through_is_one_sentence(tmp_path: Path) -> None:
    with fault_server() as proxy, open_client(proxy.url) as client:
        file = Wanted(("https://models.example/a",), tmp_path / "model", 10, "00")
        with pytest.raises(DownloadInterrupted, match=r"^The proxy does not let model through"):
            fetch_all([file], lambda _done, _total: None, client=client)


@pytest.mark.parametrize("proxy", ["ftp://127.0.0.1", "nonsense", "http://[::"])
def test_address_that_no_proxy_can_have_is_one_sentence(proxy: str) -> None:
    with pytest.raises(MartLiveError, match=r"^The proxy for downloads cannot be used"):
        open_client(proxy)


def test_files_come_at_once_but_not_too_many(server: FaultServer, tmp_path: Path) -> None:
    server.together = threading.Barrier(3)
    files = [wanted(server, tmp_path / str(number)) for number in range(6)]
    told = fetch(*files)
    assert [(tmp_path / str(number)).read_bytes() == CONTENT for number in range(6)] == [True] * 6
    assert told == sorted(told)
    assert told[-1] == 1_800_000


def test_file_that_cannot_come_ends_the_others_which_keep_what_arrived(server: FaultServer, tmp_path: Path) -> None:
    server.faults["/a"] = [Fault("stall", at=100_000)]
    files = [wanted(server, tmp_path / "slow"), wanted(server, tmp_path / "gone", "/nowhere")]
    with pytest.raises(DownloadInterrupted, match="status 404"):
        fetch_all(files, lambda _done, _total: None, read_timeout_s=30)
    assert CONTENT.startswith((tmp_path / "slow.part").read_bytes())


@pytest.mark.parametrize("kind", ["mute", "stall", "drips"])
def test_stop_ends_at_once_and_keeps_what_arrived(kind: Kind, server: FaultServer, tmp_path: Path) -> None:
    server.faults["/a"] = [Fault(kind, at=100_000)]
    stop, stopped_s = threading.Event(), list[float]()
    (tmp_path / "model.part").write_bytes(CONTENT[:1000])

    def stop_soon() -> None:
        while not server.asked or (kind == "stall" and not server.is_held.is_set()):
            stop.wait(0.01)
        stop.wait(0.1)
        stopped_s.append(time.monotonic())
        stop.set()

    stopper = threading.Thread(target=stop_soon)
    stopper.start()
    with pytest.raises(DownloadInterrupted) as caught:
        fetch_all([wanted(server, tmp_path / "model")], lambda _done, _total: None, stop=stop)
    assert time.monotonic() - stopped_s[0] < STOP_S
    stopper.join()
    assert str(caught.value) == "The download of the model was stopped; what arrived is kept for the next try."
    kept = (tmp_path / "model.part").read_bytes()
    assert CONTENT.startswith(kept)
    assert len(kept) >= (101_000 if kind == "stall" else 1000)
    server.asked.clear()
    fetch(wanted(server, tmp_path / "model"))
    assert server.ranges == [f"bytes={len(kept)}-"]


def test_stop_does_not_wait_for_a_busy_server(server: FaultServer, tmp_path: Path) -> None:
    server.always["/a"] = Fault("status", status=503, retry_after="20")
    stop = threading.Event()
    timer = threading.Timer(0.3, stop.set)
    timer.start()
    begun_s = time.monotonic()
    with pytest.raises(DownloadInterrupted, match="was stopped"):
        fetch(wanted(server, tmp_path / "model"), stop=stop)
    assert time.monotonic() - begun_s < 0.3 + STOP_S
    timer.join()


def test_trouble_of_who_watches_ends_the_download(server: FaultServer, tmp_path: Path) -> None:
    class Trouble(Exception):
        pass

    def fail(done: int, _total: int) -> None:
        if done:
            raise Trouble

    with pytest.raises(Trouble):
        fetch_all([wanted(server, tmp_path / "model")], fail)


class Disk(NamedTuple):
    free: int


def test_disk_without_room_is_seen_before_anything_is_asked(
    server: FaultServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.part").write_bytes(CONTENT[:100_000])
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Disk(free=download.RESERVE_BYTES + 499_999))
    with pytest.raises(MartLiveError) as caught:
        fetch(wanted(server, tmp_path / "a"), wanted(server, tmp_path / "b"))
    assert str(caught.value) == f"The disk has no room for the model: free 68 MB for {tmp_path} and try again."
    assert server.asked == []
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Disk(free=download.RESERVE_BYTES + 500_000))
    fetch(wanted(server, tmp_path / "a"), wanted(server, tmp_path / "b"))
    assert names(tmp_path) == ["a", "b"]


def test_disk_that_fills_up_on_the_way_is_one_sentence(server: FaultServer, tmp_path: Path) -> None:
    # A device that is always full stands for the disk.
    (tmp_path / "model.part").symlink_to("/dev/full")
    with pytest.raises(MartLiveError, match=r"^The disk has no room for the model: free \d+ MB for "):
        fetch(wanted(server, tmp_path / "model"))


def test_folder_that_cannot_be_made_is_one_sentence(server: FaultServer, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(MartLiveError, match=r"^MartLive cannot change .*file"):
        fetch(wanted(server, tmp_path / "file/model"))
    assert server.asked == []


FETCH_WHEN_TOLD = """
import sys
from pathlib import Path
from martlive_desktop.adapters.download import Wanted, fetch_all
url, target, size, digest = sys.argv[1:]
print("ready", flush=True)
sys.stdin.readline()
fetch_all([Wanted((url,), Path(target), int(size), digest)], lambda done, total: None)
print("done")
"""


def test_two_processes_that_want_the_same_file_fetch_it_once(server: FaultServer, tmp_path: Path) -> None:
    digest = hashlib.sha256(CONTENT).hexdigest()
    words = [f"{server.url}/a", str(tmp_path / "model"), str(len(CONTENT)), digest]
    command = [sys.executable, "-c", FETCH_WHEN_TOLD, *words]
    both = [subprocess.Popen(command, stdin=PIPE, stdout=PIPE, text=True) for _ in "ab"]
    for process in both:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in both:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    assert [process.communicate(timeout=30)[0] for process in both] == ["done\n", "done\n"]
    assert (tmp_path / "model").read_bytes() == CONTENT
    assert len(server.asked) == 1


def test_killed_download_goes_on_where_it_was(server: FaultServer, tmp_path: Path) -> None:
    server.faults["/a"] = [Fault("stall", at=131_072)]
    digest = hashlib.sha256(CONTENT).hexdigest()
    words = [f"{server.url}/a", str(tmp_path / "model"), str(len(CONTENT)), digest]
    process = subprocess.Popen([sys.executable, "-c", FETCH_WHEN_TOLD, *words], stdin=PIPE, stdout=PIPE, text=True)
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()
    assert server.is_held.wait(10)
    part, waiting = tmp_path / "model.part", threading.Event()
    while part.stat().st_size < 131_072:
        waiting.wait(0.01)
    process.kill()
    process.communicate()
    fetch(wanted(server, tmp_path / "model"))
    assert (tmp_path / "model").read_bytes() == CONTENT
    assert server.ranges == [None, "bytes=131072-"]
    assert names(tmp_path) == ["model"]


def test_bytes_are_on_the_disk_before_they_get_their_name(
    server: FaultServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[int, list[str]]] = []
    sync = os.fsync

    def note(descriptor: int) -> None:
        seen.append((os.fstat(descriptor).st_size, names(tmp_path)))
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", note)
    fetch(wanted(server, tmp_path / "model"))
    assert seen[0] == (300_000, ["model.lock", "model.part"])


def test_memory_stays_small_however_large_the_file(server: FaultServer, tmp_path: Path) -> None:
    content = random.Random(4).randbytes(64 * 1024 * 1024)
    server.files["/a"] = content
    file = wanted(server, tmp_path / "model", content=content)
    fetch(wanted(server, tmp_path / "first", "/b"))
    tracemalloc.start()
    try:
        fetch(file)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (tmp_path / "model").stat().st_size == 64 * 1024 * 1024
    assert peak < 4 * 1024 * 1024


KINDS: tuple[Kind, ...] = (
    "mute",
    "stall",
    "cut",
    "cut",
    "reset",
    "too long",
    "too short",
    "other range",
    "less range",
    "no range",
    "no length",
    "no length, cut",
    "refuses range",
    "corrupt",
    "gzip",
    "portal",
    "portal without length",
    "status",
    "drips",
)


@pytest.mark.parametrize("seed", range(200))
def test_any_row_of_faults_ends_well_or_in_one_sentence_and_the_next_try_goes_on(
    seed: int, server: FaultServer, client: httpx.Client, tmp_path: Path
) -> None:
    chance = random.Random(seed)
    sizes = [chance.choice([0, 1, 1000, 70_000, 300_000]) for _ in range(chance.randint(1, 3))]
    contents = [chance.randbytes(size) for size in sizes]
    files = []
    for number, content in enumerate(contents):
        paths = [f"/{mirror}/{number}" for mirror in range(chance.randint(1, 2))]
        for path in paths:
            server.files[path] = content
            server.faults[path] = [
                Fault(chance.choice(KINDS), chance.randint(0, max(len(content), 1)), chance.choice([404, 429, 503]))
                for _ in range(chance.randint(0, 4) if content else 0)
            ]
        files.append(wanted(server, tmp_path / str(number), *paths, content=content))
    are_bytes_wrong = any(fault.kind == "corrupt" for faults in server.faults.values() for fault in faults)
    try:
        fetch_all(files, lambda _done, _total: None, client=client, read_timeout_s=0.05)
    except (DownloadInterrupted, DownloadDamaged) as exc:
        sentence = str(exc)
        assert sentence.endswith(".")
        assert sentence.count(". ") == 0
        assert "the model" in sentence
    still_wanted: dict[str, str | None] = {}
    for file, content in zip(files, contents, strict=True):
        part = file.target.with_name(file.target.name + ".part")
        if file.target.exists():
            assert file.target.read_bytes() == content
        else:
            kept = part.read_bytes() if part.exists() else b""
            assert are_bytes_wrong or content.startswith(kept)
            if len(kept) < len(content):
                still_wanted[f"/0/{file.target.name}"] = f"bytes={len(kept)}-" if kept else None
    server.faults.clear()
    server.asked.clear()
    fetch_all(files, lambda _done, _total: None, client=client)
    assert [file.target.read_bytes() for file in files] == contents
    if not are_bytes_wrong:
        assert {one.path: one.range for one in server.asked} == still_wanted
    assert names(tmp_path) == [str(number) for number in range(len(files))]
