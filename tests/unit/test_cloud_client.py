"""The remote coach over real sockets: what it refuses, what is not it, and how long it is waited for."""

from __future__ import annotations

import http.server
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from typing_extensions import override

from martlive_desktop import remote
from martlive_desktop.adapters.cloud_client import (
    NO_TLS,
    NOT_OURS,
    OTHER_VERSION,
    RESTS,
    TOO_LATE,
    Breaker,
    CloudClient,
    SessionWish,
    refused,
)
from martlive_desktop.core.errors import RemoteRefused, RemoteUnavailable, UsageError
from martlive_desktop.core.wire import TipAnswer, TipRequest
from martlive_desktop.settings import RemoteSettings
from tests.fakes.cloud import KEY, FakeCloud, problem

pytestmark = pytest.mark.timeout(60)

REQUEST = TipRequest(
    id="c1", kind="pace_fast", severity=2, evidence=("a",), candidates=("Slow down", "Breathe"), deadline_ms=900,
    language="en",
)  # fmt: skip


@pytest.fixture
def cloud() -> Iterator[FakeCloud]:
    with FakeCloud().running() as cloud:
        yield cloud


@pytest.fixture
def client(cloud: FakeCloud) -> Iterator[CloudClient]:
    with closing(CloudClient(cloud.url, KEY)) as client:
        yield client


@contextmanager
def answering(
    body: bytes, *, status: int = 200, headers: dict[str, str] | None = None, tls: Any = None
) -> Iterator[str]:
    """A web server that is no remote coach."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def answer(self) -> None:
            self.send_response(status)
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_DELETE = answer  # noqa: N815 - the server's names

        @override
        def log_message(self, format: str, *args: object) -> None:
            return

    class Server(http.server.HTTPServer):
        @override
        def handle_error(self, request: object, client_address: object) -> None:
            return

    with Server(("127.0.0.1", 0), Handler) as server:
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"{'https' if tls else 'http'}://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def test_tip_comes_back(client: CloudClient, cloud: FakeCloud) -> None:
    assert client.tips(REQUEST, 2.0) == TipAnswer("c1", "Breathe", "local")
    assert cloud.asked == [REQUEST]


def test_session_is_begun_with_its_wish_and_erased(client: CloudClient, cloud: FakeCloud) -> None:
    session = client.session(SessionWish("de", ("Barkwell",), partials=False))
    assert (session.id, session.ticket) == ("s1", "ticket-1")
    assert client.ticket("s1") == "ticket-2"
    client.erase("s1")
    assert cloud.erased == ["s1"]
    assert cloud.wishes == [
        {
            "mode": "recognise",
            "language": "de",
            "plan": None,
            "names": ["Barkwell"],
            "partials": False,
            "voice": True,
            "second_pass": False,
            "title": "",
        }
    ]


def test_session_that_is_gone_is_erased_already(client: CloudClient, cloud: FakeCloud) -> None:
    cloud.refusals["DELETE /v1/sessions/s1"] = problem("not-found", 404)
    client.erase("s1")


def test_refusal_carries_its_facts(client: CloudClient, cloud: FakeCloud) -> None:
    cloud.refusals["POST /v1/sessions"] = problem("at-capacity", 503, retryable=True, retry_after_ms=1500)
    with pytest.raises(RemoteRefused) as failed:
        client.session(SessionWish("en"))
    error = failed.value
    assert (error.status, error.problem, error.is_retryable, error.retry_after_s) == (503, "at-capacity", True, 1.5)
    assert str(error) == "The remote coach is full; MartLive goes on by itself and tries again."


@pytest.mark.parametrize(
    ("body", "status", "retry_after", "expected"),
    [
        ({"type": "urn:martlive:problem:forbidden", "retryable": False}, 403, "", ("forbidden", False, None)),
        ({"type": "a\nb"}, 500, "7", ("status 500", True, 7.0)),
        ({}, 0, "soon", ("unknown", False, None)),
        ({"type": "x", "retry_after_ms": -1}, 429, "", ("x", True, None)),
        ({"type": "x", "retry_after_ms": "1"}, 400, "", ("x", False, None)),
        ({"type": "x" * 200, "retry_after_ms": 10**12}, 503, "", ("x" * 80, True, None)),
    ],
    ids=["whole", "strange", "empty", "negative", "text", "huge"],
)
def test_problem_is_read_as_a_strangers(
    body: dict[str, Any], status: int, retry_after: str, expected: tuple[str, bool, float | None]
) -> None:
    error = refused(body, status, retry_after)
    assert (error.problem, error.is_retryable, error.retry_after_s) == expected
    assert str(error).endswith(".")


@pytest.mark.parametrize(
    ("body", "status", "sentence"),
    [
        (b"<html>", 404, NOT_OURS),
        (b"x" * 70_000, 200, NOT_OURS),
        (b"[]", 200, OTHER_VERSION),
        (b"{}", 200, OTHER_VERSION),
        (b'{"id":"../x","ticket":"t"}', 200, OTHER_VERSION),
        (b"[" * 60_000, 200, OTHER_VERSION),
        (b"", 302, NOT_OURS),
    ],
    ids=["page", "large", "list", "no fields", "path", "deep", "redirect"],
)
def test_something_else_in_its_place_is_named(body: bytes, status: int, sentence: str) -> None:
    with (
        answering(body, status=status, headers={"Location": "http://127.0.0.1:1/"}) as url,
        closing(CloudClient(url, KEY)) as client,
    ):
        with pytest.raises(RemoteUnavailable) as failed:
            client.session(SessionWish("en"))
        assert str(failed.value) == sentence.format(address=url)


def test_proxy_that_says_unauthorized_in_its_own_words_means_the_key() -> None:
    with answering(b"no", status=401) as url, closing(CloudClient(url, KEY)) as client:
        assert client.check().step == "key"


def test_nobody_at_the_address() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with closing(CloudClient(f"http://127.0.0.1:{port}", KEY)) as client:
        with pytest.raises(RemoteUnavailable) as failed, client.stream("s1", "t"):
            pass
        assert failed.value.step == "address"
        check = client.check()
    assert (check.step, check.is_fine) == ("address", False)
    assert f"127.0.0.1:{port}" in check.sentence


def test_closed_client_says_so(client: CloudClient) -> None:
    client.close()
    with pytest.raises(RemoteUnavailable):
        client.ticket("s1")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tls")
    file = folder / "both.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    command += ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(folder / "key"), "-out", str(folder / "cert")]
    subprocess.run(command, check=True, capture_output=True)
    file.write_bytes((folder / "key").read_bytes() + (folder / "cert").read_bytes())
    return file


def test_certificate_that_proves_nothing_is_refused_and_one_that_is_known_is_taken(certificate: Path) -> None:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    with answering(b'{"ticket":"t1"}', tls=tls) as url:
        with closing(CloudClient(url, KEY)) as client:
            check = client.check()
            assert (check.step, check.sentence) == ("tls", NO_TLS.format(address=url))
            with pytest.raises(RemoteUnavailable) as failed, client.stream("s1", "t"):
                pass
            assert failed.value.step == "tls"
        known = ssl.create_default_context(cafile=str(certificate))
        with closing(CloudClient(url, KEY, verify=known)) as client:
            assert client.ticket("s1") == "t1"
            with pytest.raises(RemoteUnavailable) as failed, client.stream("s1", "t"):
                pass
            assert failed.value.step == "version"


def test_other_subprotocol_is_another_version(cloud: FakeCloud, client: CloudClient) -> None:
    cloud.subprotocol = None
    with pytest.raises(RemoteUnavailable) as failed, client.stream("s1", "t1"):
        pass
    assert failed.value.step == "version"


def test_slow_answer_is_not_waited_for(cloud: FakeCloud, client: CloudClient) -> None:
    cloud.tip_delay_s = 0.6
    with pytest.raises(RemoteUnavailable, match=TOO_LATE):
        client.tips(REQUEST, 0.2)


def test_answer_that_trickles_ends_at_the_deadline() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        stopped = threading.Event()

        def trickle() -> None:
            connection, _ = server.accept()
            with connection:
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
                while not stopped.wait(0.05):
                    try:
                        connection.sendall(b"x")
                    except OSError:
                        return

        thread = threading.Thread(target=trickle)
        thread.start()
        with closing(CloudClient(f"http://127.0.0.1:{server.getsockname()[1]}", KEY)) as client:
            with pytest.raises(RemoteUnavailable, match=TOO_LATE):
                client.tips(REQUEST, 0.4)
            stopped.set()
        thread.join()


def test_three_failures_in_a_row_and_it_is_left_alone_for_a_while(cloud: FakeCloud, client: CloudClient) -> None:
    now_s = [0.0]
    client.breaker = Breaker(lambda: now_s[0])
    cloud.refusals["POST /v1/tips"] = problem("internal", 500, retryable=True)
    for _ in range(3):
        with pytest.raises(RemoteRefused):
            client.tips(REQUEST, 2.0)
    with pytest.raises(RemoteUnavailable, match=RESTS):
        client.tips(REQUEST, 2.0)
    assert client.breaker.is_open
    now_s[0] = 6.0
    del cloud.refusals["POST /v1/tips"]
    assert client.tips(REQUEST, 2.0).text == "Breathe"
    assert not client.breaker.is_open


def test_breaker_lets_one_call_try_and_rests_longer_each_time() -> None:
    now_s = [0.0]
    breaker = Breaker(lambda: now_s[0])
    for _ in range(3):
        assert breaker.admit()
        breaker.fail()
    now_s[0] = 4.9
    assert not breaker.admit()
    now_s[0] = 5.0
    assert [breaker.admit(), breaker.admit()] == [True, False]
    breaker.fail()
    now_s[0] = 14.9
    assert not breaker.admit()
    now_s[0] = 15.0
    assert breaker.admit()
    breaker.fail(retry_after_s=100)
    now_s[0] = 114.0
    assert not breaker.admit()


@pytest.mark.parametrize("answer", [b"{}", TipAnswer("other", "Breathe", "local")], ids=["no answer", "another's"])
def test_answer_that_is_none_is_another_version(
    cloud: FakeCloud, client: CloudClient, answer: bytes | TipAnswer
) -> None:
    cloud.tip = lambda _request: answer
    with pytest.raises(RemoteUnavailable) as failed:
        client.tips(REQUEST, 2.0)
    assert failed.value.step == "version"


def test_refusal_for_good_rests_for_long(cloud: FakeCloud, client: CloudClient) -> None:
    cloud.key = "another"
    for _ in range(3):
        with pytest.raises(RemoteRefused):
            client.tips(REQUEST, 2.0)
    assert client.breaker.is_open


def test_check_tries_everything_and_leaves_nothing(cloud: FakeCloud, client: CloudClient) -> None:
    check = client.check()
    assert check.is_fine
    assert check.sentence == f"The remote coach answers in {check.round_trip_ms} ms."
    assert (len(cloud.asked), cloud.protocols, cloud.erased) == (1, [["martlive.v1", "ticket.ticket-1"]], ["s1"])


@pytest.mark.parametrize(
    ("place", "facts", "step"),
    [
        ("POST /v1/tips", problem("unauthorized", 401), "key"),
        ("POST /v1/tips", problem("forbidden", 403), "scope"),
        ("POST /v1/sessions", problem("forbidden", 403), "scope"),
        ("POST /v1/sessions", problem("quota-exceeded", 429), "refused"),
        ("stream", problem("at-capacity", 503, retryable=True), "refused"),
    ],
)
def test_check_names_the_step_that_fails(
    cloud: FakeCloud, client: CloudClient, place: str, facts: dict[str, Any], step: str
) -> None:
    cloud.refusals[place] = facts
    check = client.check()
    assert (check.step, check.is_fine) == (step, False)
    assert check.sentence.endswith(".")


def test_check_of_tips_finds_another_version(cloud: FakeCloud, client: CloudClient) -> None:
    cloud.tip = lambda _request: b'{"version":9}'
    assert client.check(frozenset(("coach",))).step == "version"


# The key


@pytest.fixture
def keyring(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    kept: dict[str, str] = {}
    monkeypatch.setattr(remote, "_given", [])
    monkeypatch.delenv(remote.VARIABLE, raising=False)
    monkeypatch.setattr("martlive_desktop.adapters.secrets.read_secret", kept.get)
    monkeypatch.setattr("martlive_desktop.adapters.secrets.write_secret", kept.__setitem__)
    monkeypatch.setattr("martlive_desktop.adapters.secrets.forget_secret", lambda name: kept.pop(name, None))
    return kept


def test_key_is_in_the_keyring_and_the_environment_goes_first(
    keyring: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert remote.remote_key() is None
    remote.keep_remote_key("mlk_a_b")
    assert (keyring, remote.remote_key()) == ({"remote-key": "mlk_a_b"}, "mlk_a_b")
    monkeypatch.setattr(remote, "_given", [])
    assert remote.remote_key() == "mlk_a_b"
    monkeypatch.setenv(remote.VARIABLE, "mlk_c_d")
    assert remote.remote_key() == "mlk_c_d"
    monkeypatch.delenv(remote.VARIABLE)
    remote.keep_remote_key("")
    assert (keyring, remote.remote_key()) == ({}, None)


@pytest.mark.parametrize("key", ["", "mlk_a\n", "schlüssel"])
def test_without_a_key_nothing_is_asked(keyring: dict[str, str], key: str) -> None:
    if key:
        remote.keep_remote_key(f"{key}x")
    wish = RemoteSettings(url="https://coach.example", coach=True)
    with pytest.raises(RemoteRefused) as failed:
        remote.remote_client(wish)
    assert "MARTLIVE_REMOTE_KEY" in str(failed.value)
    assert remote.check_remote(wish).step == "key"


def test_without_an_address_nothing_is_asked(keyring: dict[str, str]) -> None:
    with pytest.raises(UsageError):
        remote.remote_client(RemoteSettings())
    assert remote.check_remote(RemoteSettings()).step == "address"


def test_what_is_wanted_is_tried_and_everything_where_nothing_is_on_yet(
    keyring: dict[str, str], cloud: FakeCloud
) -> None:
    remote.keep_remote_key(KEY)
    assert remote.check_remote(RemoteSettings(url=cloud.url, coach=True)).is_fine
    assert (len(cloud.asked), len(cloud.wishes)) == (1, 0)
    assert remote.check_remote(RemoteSettings(url=cloud.url)).is_fine
    assert (len(cloud.asked), len(cloud.wishes)) == (2, 1)
