"""All services on this machine, on loopback, with SQLite: `martlive-cloud up`."""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
from filelock import FileLock, Timeout

from cloud_api.clock import monotonic_s
from cloud_api.errors import CloudError
from cloud_api.running import PARENT, PORTS, SERVICES, Service

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

HOST = "127.0.0.1"

READY_WITHIN_S = 120.0
"""A cold disk and a big model; with base on a warm one it takes 3 s."""

LOOK_EVERY_S = 0.1

REST_S = (0.5, 1.0, 2.0, 5.0, 15.0)
"""Before a service that ended is started again, by how often it ended within a minute of its start."""

LASTED_S = 60.0

STOP_ORDER: tuple[Service, ...] = ("web", "gateway", "coach", "asr", "worker")
"""The edge first, so that nothing new comes in; the worker last: it keeps what the others still tell."""

KEY_SCOPES = ("stream", "tips", "openai", "read", "admin")


class CannotStart(CloudError):
    """One sentence that says what to do."""


@dataclass(slots=True)
class Child:
    """One service that runs."""

    service: Service
    process: subprocess.Popen[bytes]
    started_s: float
    fruitless: int = 0
    again_s: float | None = None
    """When it is started again; None while it runs."""


@dataclass
class Machine:
    """All services of this machine; starts what ends by itself again.

    Args:
        data_dir: Where databases, secrets and logs lie.
        ports: Of each service; PORTS by default.
        environment: More `MARTLIVE_...` variables for every service.
    """

    data_dir: Path
    ports: Mapping[Service, int] = field(default_factory=lambda: dict(PORTS))
    environment: Mapping[str, str] = field(default_factory=dict)
    _children: dict[Service, Child] = field(default_factory=dict, init=False)
    _ending: threading.Event = field(default_factory=threading.Event, init=False)

    @property
    def page_url(self) -> str:
        return f"http://{HOST}:{self.ports['web']}/"

    @property
    def gateway_url(self) -> str:
        return f"http://{HOST}:{self.ports['gateway']}"

    @property
    def pids(self) -> dict[Service, int]:
        """Of the services that run."""
        return {name: child.process.pid for name, child in self._children.items() if child.again_s is None}

    def log_file(self, service: Service) -> Path:
        return self.data_dir / "logs" / f"{service}.jsonl"

    def settings_environment(self) -> dict[str, str]:
        """The variables that every service of this machine gets."""
        kept = _kept_secrets(self.data_dir / "secrets.json")
        origins = [f"http://{host}:{self.ports['web']}" for host in (HOST, "localhost")]
        return {
            "MARTLIVE_DATA_DIR": str(self.data_dir),
            "MARTLIVE_PUBLIC_URL": self.gateway_url,
            "MARTLIVE_ASR_URLS": f"http://{HOST}:{self.ports['asr']}",
            "MARTLIVE_COACH_URL": f"http://{HOST}:{self.ports['coach']}",
            "MARTLIVE_WORKER_URL": f"http://{HOST}:{self.ports['worker']}",
            "MARTLIVE_ALLOWED_ORIGINS": ",".join(origins),
            **kept,
            **self.environment,
        }

    def start(self) -> None:
        """Start all services and wait until each is ready.

        Raises:
            CannotStart: a port is taken, or a service ends or does not become ready.
        """
        for service, port in self.ports.items():
            _check_free(service, port)
        (self.data_dir / "logs").mkdir(parents=True, exist_ok=True, mode=0o700)
        for service in SERVICES:
            self._start(service, fruitless=0)
        end_s = monotonic_s() + READY_WITHIN_S
        waiting = set(SERVICES)
        with httpx.Client(timeout=2.0) as client:
            while waiting and not self._ending.wait(LOOK_EVERY_S):
                for service in sorted(waiting):
                    if (code := self._children[service].process.poll()) is not None:
                        raise CannotStart(f"{service} ended with {code}; {self.log_file(service)} says why.")
                    if self._is_ready(client, service):
                        waiting.discard(service)
                if waiting and monotonic_s() > end_s:
                    named = ", ".join(sorted(waiting))
                    raise CannotStart(f"Not ready in {READY_WITHIN_S:.0f} s: {named}; see {self.data_dir / 'logs'}.")

    def _is_ready(self, client: httpx.Client, service: Service) -> bool:
        try:
            return client.get(f"http://{HOST}:{self.ports[service]}/readyz").status_code == 200
        except httpx.TransportError:
            return False

    def _start(self, service: Service, *, fruitless: int) -> None:
        environment = {**os.environ, **self.settings_environment(), PARENT: str(os.getpid())}
        environment |= {"MARTLIVE_HOST": HOST, "MARTLIVE_PORT": str(self.ports[service])}
        with self.log_file(service).open("ab") as log:
            process = subprocess.Popen(  # noqa: S603 - only this program's own command
                [sys.executable, "-m", "cloud_api", service],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # Ctrl-C is for this process, which ends the services in order.
                start_new_session=True,
            )
        self._children[service] = Child(service, process, monotonic_s(), fruitless)

    def watch(self, tell: Callable[[str], None]) -> None:
        """Start services that end again, until `end` is called."""
        while not self._ending.wait(LOOK_EVERY_S):
            for child in list(self._children.values()):
                now_s = monotonic_s()
                if child.again_s is not None:
                    if now_s >= child.again_s:
                        self._start(child.service, fruitless=child.fruitless)
                elif (code := child.process.poll()) is not None:
                    child.fruitless = 0 if now_s - child.started_s > LASTED_S else child.fruitless + 1
                    child.again_s = now_s + REST_S[min(child.fruitless, len(REST_S) - 1)]
                    tell(f"{child.service} ended with {code} and is started again; see {self.log_file(child.service)}.")

    def end(self) -> None:
        """Let `start` and `watch` return soon; may be called from a signal handler."""
        self._ending.set()

    def close(self, *, within_s: float = 30.0) -> None:
        """End all services, in order; one that does not end in time is killed."""
        self._ending.set()
        for service in STOP_ORDER:
            child = self._children.pop(service, None)
            if child is None or child.process.poll() is not None:
                continue
            child.process.send_signal(signal.SIGTERM)
            try:
                child.process.wait(within_s)
            except subprocess.TimeoutExpired:
                child.process.kill()
                child.process.wait()


def run_up(data_dir: Path, *, ports: Mapping[Service, int], is_json: bool, tell: Callable[[str], None]) -> None:
    """Bring everything up, say where the page is and with which key, and stay until SIGINT or SIGTERM.

    Raises:
        CannotStart: something is missing, or runs already.
    """
    # Databases and logs are for this user only, whoever creates them.
    os.umask(0o077)
    data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    machine = Machine(data_dir, ports)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: machine.end())
    try:
        with FileLock(data_dir / "up.lock", timeout=0):
            key = first_key(machine)
            try:
                machine.start()
                _greet(machine, key, is_json=is_json, tell=tell)
                machine.watch(tell)
            finally:
                machine.close()
    except Timeout as exc:
        raise CannotStart(
            f"The services of {data_dir} run already; end them first or give another --data-dir."
        ) from exc


def _greet(machine: Machine, key: str, *, is_json: bool, tell: Callable[[str], None]) -> None:
    page = f"{machine.page_url}#key={key}"
    if is_json:
        tell(json.dumps({"page": page, "gateway": machine.gateway_url, "key": key, "data": str(machine.data_dir)}))
        return
    tell("MartLive's services run on this machine, for this machine only.\n")
    tell(f"  Page     {page}")
    tell(f"  Service  {machine.gateway_url}")
    tell(f"  Key      {key}")
    tell(f"  Data     {machine.data_dir}\n")
    tell(
        "Open the page to be coached in the browser, or give service and key to MartLive under Settings, Remote coach."
    )
    tell("Ctrl-C ends them.")


def first_key(machine: Machine) -> str:
    """The key of this machine's own tenant; made once and kept beside the secrets, for this user only."""
    from cloud_api.keys import make_key
    from cloud_api.settings import CloudSettings

    file = machine.data_dir / "key.txt"
    if file.exists():
        return file.read_text(encoding="ascii").strip()
    settings = CloudSettings(data_dir=machine.data_dir)
    key = make_key(settings, tenant="this-machine", name="first", scopes=KEY_SCOPES)
    _write_private(file, key)
    return key


def _kept_secrets(file: Path) -> dict[str, str]:
    if not file.exists():
        names = ("INTERNAL_TOKEN", "TICKET_SECRET", "RESUME_SECRET")
        _write_private(file, json.dumps({f"MARTLIVE_{name}": secrets.token_urlsafe(48) for name in names}))
    kept: dict[str, str] = json.loads(file.read_text(encoding="ascii"))
    return kept


def _write_private(file: Path, text: str) -> None:
    new = file.with_name(f"{file.name}.new")
    new.touch(mode=0o600)
    new.write_text(text, encoding="ascii")
    new.replace(file)


def _check_free(service: Service, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as exc:
            sentence = f"Port {port} of {service} is taken; end what uses it, or give --port-base another number."
            raise CannotStart(sentence) from exc
