"""Real services as child processes, for loads and faults: any number of each, a real NATS server, and a link that breaks.

`Cloud` starts `python -m cloud_api SERVICE` with MARTLIVE_... variables. Each kind of service has one stable address, a
`Link` that carries TCP connections to an instance that lives, as a service address of a cluster does; clients may get
one more `Link` in front of the gateways, which can reset, stall and cut.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import secrets
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psutil

HOST = "127.0.0.1"
ROOT = Path(__file__).resolve().parents[2]

READY_WITHIN_S = 60.0
STOP_WITHIN_S = 40.0
"""More than the drain of a service."""

CONNECT_WITHIN_S = 0.5
"""An address that does not take a connection by then is passed over, for one in the same house."""

KINDS = ("worker", "coach", "asr", "gateway")
"""In the order in which they start; they end the other way round."""

PORTS = random.SystemRandom()

NETWORK = "10.117.83"
"""Of the houses: exists only between them and this machine."""

AS_POSTGRES = ("setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--")

ABORT = struct.pack("ii", 1, 0)
"""SO_LINGER that closes with a reset."""


class NotReady(RuntimeError):
    """A service did not come up."""


def free_port(host: str = HOST) -> int:
    """A port that nobody uses now, below those that the system gives to outgoing connections."""
    while True:
        port = PORTS.choice(range(20_000, 32_000))
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind((host, port))
            return port


@dataclass
class Instance:
    """One process of one service."""

    kind: str
    number: int
    port: int
    environment: dict[str, str]
    log_file: Path
    prefix: tuple[str, ...] = ()
    """What the command runs in: `ip netns exec NAME`."""
    host: str = HOST
    module: tuple[str, ...] = ()
    """What runs instead of the service."""
    process: subprocess.Popen[bytes] | None = None
    starts: int = 0

    @property
    def name(self) -> str:
        return f"{self.kind}-{self.number}"

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    @property
    def is_alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def start(self) -> None:
        """Start it; it is ready later."""
        self.starts += 1
        with self.log_file.open("ab") as log:
            self.process = subprocess.Popen(
                [*self.prefix, sys.executable, "-m", *(self.module or ("cloud_api", self.kind))],
                cwd=ROOT,
                env={**os.environ, **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def kill(self) -> None:
        """End it at once, as kill -9 does."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def stop(self, *, within_s: float = STOP_WITHIN_S) -> float:
        """Let it drain and end; gives the seconds that it took."""
        if self.process is None or self.process.poll() is not None:
            return 0.0
        began_s = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(within_s)
        except subprocess.TimeoutExpired:
            self.kill()
        return time.monotonic() - began_s

    def is_ready(self, client: httpx.Client) -> bool:
        try:
            return client.get(f"{self.url}/readyz").status_code == 200
        except httpx.TransportError:
            return False

    def wait_until_ready(self, *, within_s: float = READY_WITHIN_S) -> float:
        """Gives the seconds that it took.

        Raises:
            NotReady: it ended, or is not ready in time.
        """
        began_s = time.monotonic()
        pause = threading.Event()
        with httpx.Client(timeout=2.0) as client:
            while time.monotonic() - began_s < within_s:
                if not self.is_alive:
                    raise NotReady(f"{self.name} ended; {self.log_file} says why.")
                if self.is_ready(client):
                    return time.monotonic() - began_s
                pause.wait(0.1)
        raise NotReady(f"{self.name} is not ready after {within_s:.0f} s; see {self.log_file}.")


@dataclass(eq=False)
class _Pair:
    """One connection through a link."""

    client: asyncio.StreamWriter
    server: asyncio.StreamWriter

    def abort(self) -> None:
        for writer in (self.client, self.server):
            sock = writer.get_extra_info("socket")
            with contextlib.suppress(OSError, AttributeError):
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, ABORT)
            writer.transport.abort()


class Link:
    """Carries TCP connections to one of several addresses, on a thread and an event loop of its own, and breaks on demand.

    A connection goes to the next address that takes it: what a service address of a cluster does.
    """

    def __init__(self, targets: Sequence[tuple[str, int]], *, host: str = HOST) -> None:
        self.targets = list(targets)
        self._host = host
        self.port = free_port(host)
        self._next = 0
        self._pairs: set[_Pair] = set()
        self._is_cut = False
        self._delay_s = 0.0
        self._flowing = asyncio.Event()
        self._started = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._thread = threading.Thread(target=self._serve, name="link", daemon=True)
        self._thread.start()
        self._started.wait()

    @property
    def url(self) -> str:
        return f"http://{self._host}:{self.port}"

    @property
    def connections(self) -> int:
        return len(self._pairs)

    def reset_all(self) -> None:
        """Reset every connection (RST), now."""
        self._do(self._abort_all)

    def cut(self) -> None:
        """Reset every connection and take no new one until `mend`."""
        self._do(lambda: self._set_cut(True))

    def stall(self) -> None:
        """Hold every byte back until `mend`; connections stay."""
        self._do(self._flowing.clear)

    def mend(self) -> None:
        """Let everything through again."""
        self._do(lambda: self._set_cut(False))

    def delay(self, seconds: float) -> None:
        """Every piece of data takes so much longer, each way."""
        self._delay_s = seconds

    def close(self) -> None:
        """Reset what is left and end."""
        self._do(self._stop.set)
        self._thread.join()
        self._loop.close()

    def _do(self, what: Callable[[], object]) -> None:
        done = threading.Event()

        def act() -> None:
            what()
            done.set()

        self._loop.call_soon_threadsafe(act)
        done.wait(5.0)

    def _set_cut(self, is_cut: bool) -> None:
        self._is_cut = is_cut
        if is_cut:
            self._abort_all()
        else:
            self._flowing.set()

    def _abort_all(self) -> None:
        for pair in list(self._pairs):
            pair.abort()

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._run())

    async def _run(self) -> None:
        self._flowing.set()
        server = await asyncio.start_server(self._carry, self._host, self.port, backlog=1_024)
        self._started.set()
        await self._stop.wait()
        server.close()
        self._flowing.set()
        self._abort_all()
        mine = asyncio.current_task()
        left = [task for task in asyncio.all_tasks() if task is not mine]
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        found = None if self._is_cut else await self._connect()
        if found is None or self._is_cut:
            writer.transport.abort()
            if found is not None:
                found[1].transport.abort()
            return
        pair = _Pair(writer, found[1])
        self._pairs.add(pair)
        try:
            await asyncio.gather(self._pump(reader, pair.server), self._pump(found[0], pair.client))
        except (OSError, asyncio.CancelledError):
            pair.abort()
        finally:
            self._pairs.discard(pair)
            for one in (pair.client, pair.server):
                one.close()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        count = len(self.targets)
        self._next += 1
        for index in range(count):
            host, port = self.targets[(self._next + index) % count]
            with contextlib.suppress(OSError, TimeoutError):
                async with asyncio.timeout(CONNECT_WITHIN_S):
                    return await asyncio.open_connection(host, port)
        return None

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65_536):
            if self._delay_s:
                await asyncio.sleep(self._delay_s)
            await self._flowing.wait()
            writer.write(data)
            await writer.drain()
        with contextlib.suppress(OSError):
            writer.write_eof()


class Nats:
    """A real nats-server with JetStream; it keeps its store over a restart."""

    def __init__(self, folder: Path, *, host: str = HOST, prefix: Sequence[str] = ()) -> None:
        program = shutil.which("nats-server") or "/usr/sbin/nats-server"
        if not Path(program).exists():
            raise NotReady("There is no nats-server; Debian's package of that name has it.")
        self.folder, self.host, self.port = folder, host, free_port()
        self._command = [*prefix, program, "-a", host, "-p", str(self.port), "-js", "-sd", str(folder / "jetstream")]
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"nats://{self.host}:{self.port}"

    def start(self) -> None:
        """Start it and wait until it listens."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "nats.log").open("ab") as log:
            self.process = subprocess.Popen(self._command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        pause, end_s = threading.Event(), time.monotonic() + 20.0
        while time.monotonic() < end_s:
            with contextlib.suppress(OSError), socket.create_connection((self.host, self.port), 1.0) as sock:
                if sock.recv(4) == b"INFO":
                    return
            pause.wait(0.05)
        raise NotReady(f"nats-server does not listen; see {self.folder / 'nats.log'}.")

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(20)


@dataclass
class Houses:
    """Network namespaces with a cable each to one bridge, as machines in one rack; needs root. They are gone behind it."""

    count: int
    name: str = field(default_factory=lambda: f"ml{PORTS.randrange(16**4):04x}")

    @classmethod
    @contextlib.contextmanager
    def built(cls, count: int) -> Iterator[Houses]:
        houses = cls(count)
        try:
            houses._build()
            yield houses
        finally:
            houses._raze()

    @property
    def street(self) -> str:
        """This machine's address on the bridge."""
        return f"{NETWORK}.1"

    def host(self, house: int) -> str:
        return f"{NETWORK}.{10 + house}"

    def prefix(self, house: int) -> tuple[str, ...]:
        """What a command runs in that is to run in `house`."""
        return ("ip", "netns", "exec", f"{self.name}-{house}")

    def cut(self, house: int) -> None:
        """Pull its cable: nothing comes through any more, and nobody is told."""
        _ip("link", "set", self._cable(house), "nomaster")

    def mend(self, house: int) -> None:
        _ip("link", "set", self._cable(house), "master", f"{self.name}br")

    def _cable(self, house: int) -> str:
        return f"{self.name}v{house}"

    def _build(self) -> None:
        _ip("link", "add", f"{self.name}br", "type", "bridge")
        _ip("addr", "add", f"{self.street}/24", "dev", f"{self.name}br")
        _ip("link", "set", f"{self.name}br", "up")
        for house in range(self.count):
            space, cable = f"{self.name}-{house}", self._cable(house)
            _ip("netns", "add", space)
            _ip("link", "add", cable, "type", "veth", "peer", "name", "eth0", "netns", space)
            _ip("link", "set", cable, "master", f"{self.name}br")
            _ip("link", "set", cable, "up")
            for change in (("link", "set", "lo", "up"), ("addr", "add", f"{self.host(house)}/24", "dev", "eth0")):
                _ip("-n", space, *change)
            _ip("-n", space, "link", "set", "eth0", "up")

    def _raze(self) -> None:
        for house in range(self.count):
            _ip("netns", "del", f"{self.name}-{house}", is_needed=False)
            _ip("link", "del", self._cable(house), is_needed=False)
        _ip("link", "del", f"{self.name}br", is_needed=False)


def _ip(*arguments: str, is_needed: bool = True) -> None:
    done = subprocess.run(["ip", *arguments], check=False, capture_output=True, text=True)
    if done.returncode and is_needed:
        raise NotReady(f"ip {' '.join(arguments)}: {done.stderr.strip()}")


class Postgres:
    """A PostgreSQL server of Debian's package with a database for each service; it and its files are gone behind it."""

    def __init__(self, folder: Path, host: str) -> None:
        programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
        if not programs:
            raise NotReady("There is no PostgreSQL; Debian's package postgresql has it.")
        self._programs = programs[-1]
        self.folder, self.host, self.port = folder, host, free_port(host)
        self._process: subprocess.Popen[bytes] | None = None

    @classmethod
    @contextlib.contextmanager
    def running(cls, folder: Path, *, host: str = HOST) -> Iterator[Postgres]:
        postgres = cls(folder, host)
        try:
            postgres._start()
            yield postgres
        finally:
            postgres._stop()

    def url(self, service: str) -> str:
        return f"postgresql+psycopg://postgres@{self.host}:{self.port}/{service}"

    def _start(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        # The server does not run as root, and its user must reach the folder.
        self._data = Path(tempfile.mkdtemp(prefix="martlive-pg-"))
        shutil.chown(self._data, "postgres")
        self.folder.mkdir(parents=True)
        initdb = [*AS_POSTGRES, str(self._programs / "initdb"), "-D", str(self._data / "db"), "-A", "trust", "-N"]
        subprocess.run(initdb, check=True, capture_output=True, cwd="/")
        with (self._data / "db" / "pg_hba.conf").open("a", encoding="utf-8") as rules:
            rules.write(f"host all all {NETWORK}.0/24 trust\n")
        options = ["-h", self.host, "-p", str(self.port), "-k", str(self._data), "-c", "max_connections=200"]
        with (self.folder / "postgres.log").open("ab") as log:
            self._process = subprocess.Popen(
                [*AS_POSTGRES, str(self._programs / "postgres"), "-D", str(self._data / "db"), *options],
                stdout=log,
                stderr=log,
                cwd="/",
            )
        self._make_databases()

    def _make_databases(self) -> None:
        import psycopg

        pause, end_s = threading.Event(), time.monotonic() + 30.0
        address = f"postgresql://postgres@{self.host}:{self.port}/postgres"
        while True:
            try:
                with contextlib.closing(psycopg.connect(address, autocommit=True)) as connection:
                    for service in KINDS:
                        connection.execute(f'CREATE DATABASE "{service}"'.encode())
            except psycopg.OperationalError:
                if time.monotonic() > end_s:
                    raise
                pause.wait(0.1)
            else:
                return

    def _stop(self) -> None:
        if self._process is not None:
            # At once: what it holds is thrown away.
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait(30)
            shutil.rmtree(self._data, ignore_errors=True)


@dataclass
class Usage:
    """What a service takes."""

    cpu_s: float
    rss_mb: float


@dataclass
class Cloud:
    """All services of one run."""

    folder: Path
    counts: Mapping[str, int]
    environment: Mapping[str, str] = field(default_factory=dict)
    nats: Nats | None = None
    postgres: Postgres | None = None
    houses: Houses | None = None
    has_asr: bool = True
    """Without, checksums of the sound stand for words (`cloud_sockets.SummingAsr`)."""
    instances: dict[str, Instance] = field(default_factory=dict, init=False)
    links: dict[str, Link] = field(default_factory=dict, init=False)

    @classmethod
    @contextlib.contextmanager
    def running(
        cls,
        folder: Path,
        *,
        gateways: int = 1,
        asrs: int = 1,
        coaches: int = 1,
        workers: int = 1,
        has_nats: bool = False,
        postgres: Postgres | None = None,
        houses: Houses | None = None,
        has_asr: bool = True,
        environment: Mapping[str, str] | None = None,
    ) -> Iterator[Cloud]:
        """Services with an empty past in `folder`; everything is ready, and ends behind it."""
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        counts = {"gateway": gateways, "asr": asrs, "coach": coaches, "worker": workers}
        street = houses.street if houses else HOST
        nats = Nats(folder / "nats", host=street) if has_nats else None
        cloud = cls(folder, counts, dict(environment or {}), nats, postgres, houses, has_asr)
        try:
            cloud.start()
            yield cloud
        finally:
            cloud.stop()

    @property
    def url(self) -> str:
        """Where clients reach the gateways, over a link that can break."""
        return self.links["public"].url

    @property
    def public(self) -> Link:
        return self.links["public"]

    def of(self, kind: str) -> list[Instance]:
        return [one for one in self.instances.values() if one.kind == kind]

    def start(self) -> None:
        """Start everything.

        Raises:
            NotReady: a service does not come up.
        """
        if self.nats is not None:
            self.nats.start()
        ports = {kind: [free_port() for _ in range(self.counts[kind])] for kind in KINDS}
        for kind in ("worker", "coach"):
            self.links[kind] = Link(self._addresses(ports[kind]), host=self._street)
        self.links["public"] = Link(self._addresses(ports["gateway"]))
        shared = self._shared(ports["asr"])
        for kind in KINDS:
            for number, port in enumerate(ports[kind]):
                self._add(kind, number, port, shared)
                # The first one makes the tables.
                if number == 0 and kind in ("worker", "gateway"):
                    self.instances[f"{kind}-0"].start()
                    self.instances[f"{kind}-0"].wait_until_ready()
        for instance in self.instances.values():
            if not instance.is_alive:
                instance.start()
        for instance in self.instances.values():
            instance.wait_until_ready()

    @property
    def _street(self) -> str:
        return self.houses.street if self.houses else HOST

    def _addresses(self, ports: Sequence[int]) -> list[tuple[str, int]]:
        return [(self.houses.host(number) if self.houses else HOST, port) for number, port in enumerate(ports)]

    def _shared(self, asr_ports: Sequence[int]) -> dict[str, str]:
        names = ("INTERNAL_TOKEN", "TICKET_SECRET", "RESUME_SECRET")
        shared = {f"MARTLIVE_{name}": secrets.token_urlsafe(48) for name in names}
        shared |= {
            "MARTLIVE_DATA_DIR": str(self.folder / "data"),
            "MARTLIVE_PUBLIC_URL": self.links["public"].url,
            "MARTLIVE_ASR_URLS": ",".join(f"http://{host}:{port}" for host, port in self._addresses(asr_ports)),
            "MARTLIVE_COACH_URL": self.links["coach"].url,
            "MARTLIVE_WORKER_URL": self.links["worker"].url,
            "MARTLIVE_LLM_MODEL": "",
            **self.environment,
        }
        if self.nats is not None:
            shared["MARTLIVE_NATS_URL"] = self.nats.url
        return shared

    def _add(self, kind: str, number: int, port: int, shared: Mapping[str, str]) -> None:
        own = {"MARTLIVE_PORT": str(port), "MARTLIVE_INSTANCE": f"{kind}-{number}"}
        host, prefix = HOST, tuple[str, ...]()
        if self.houses is not None:
            host, prefix = self.houses.host(number), self.houses.prefix(number)
        own["MARTLIVE_HOST"] = host
        if self.postgres is not None:
            own["MARTLIVE_DATABASE_URL"] = self.postgres.url(kind)
        log_file = self.folder / f"{kind}-{number}.jsonl"
        instead = tuple[str, ...]()
        if kind == "asr" and not self.has_asr:
            instead = ("tests.bench.cloud_sockets", "--serve", str(port), "--host", host, "--finals")
        instance = Instance(kind, number, port, {**shared, **own}, log_file, prefix, host, instead)
        self.instances[instance.name] = instance

    def restart(self, name: str) -> tuple[float, float]:
        """Let it drain, start it again, wait until it is ready; gives the seconds of both."""
        instance = self.instances[name]
        stopped_s = instance.stop()
        instance.start()
        return stopped_s, instance.wait_until_ready()

    def make_key(self, tenant: str, scopes: str = "stream,tips,read") -> str:
        """A key of `tenant`, which is new or not."""
        any_gateway = self.of("gateway")[0]
        done = subprocess.run(
            [sys.executable, "-m", "cloud_api", "key", "--tenant", tenant, "--scopes", scopes],
            cwd=ROOT,
            env={**os.environ, **any_gateway.environment},
            check=False,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise NotReady(f"No key could be made: {done.stderr.strip()[-400:]}")
        return done.stdout.split()[-1]

    def set_limits(self, tenant: str, **limits: int) -> None:
        """Change what `tenant` may use; the gateways see it within their cache's time, or at their next start."""
        from cloud_api.gateway.store import GatewayStore, TenantLimits, open_store
        from cloud_api.settings import CloudSettings

        settings = CloudSettings(
            data_dir=self.folder / "data", database_url=self.postgres.url("gateway") if self.postgres else ""
        )
        store: GatewayStore = open_store(settings)
        try:
            asyncio.run(store.ensure_tenant(tenant, TenantLimits(**limits)))
        finally:
            store.close()

    def is_ready(self) -> bool:
        """Whether every instance is."""
        with httpx.Client(timeout=2.0) as client:
            return all(one.is_alive and one.is_ready(client) for one in self.instances.values())

    def streams_within(self, houses: Houses, house: int) -> int | None:
        """Streams that the gateway of `house` has, asked from within; None: it does not answer."""
        code = "import sys, urllib.request as u; print(u.urlopen(sys.argv[1], timeout=3).read().decode())"
        url = f"{self.instances[f'gateway-{house}'].url}/metrics"
        command = [*houses.prefix(house), sys.executable, "-c", code, url]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        return gauge(done.stdout, "martlive_gateway_streams")

    def capacity(self) -> int:
        """Streams that the asr instances together say that they can take."""
        token = next(iter(self.instances.values())).environment["MARTLIVE_INTERNAL_TOKEN"]
        headers = {"Authorization": f"Bearer {token}"}
        return sum(
            int(httpx.get(f"{one.url}/internal/v1/load", headers=headers, timeout=5.0).json()["capacity"])
            for one in self.of("asr")
        )

    def pids(self) -> list[int]:
        """Of the services that live."""
        return [one.process.pid for one in self.instances.values() if one.process is not None and one.is_alive]

    def usage(self) -> dict[str, Usage]:
        """By instance that lives."""
        found = {}
        for name, instance in self.instances.items():
            if instance.process is None or not instance.is_alive:
                continue
            with contextlib.suppress(psutil.NoSuchProcess):
                process = psutil.Process(instance.process.pid)
                members = [process, *process.children(recursive=True)]
                cpu_s, rss = 0.0, 0
                for one in members:
                    with contextlib.suppress(psutil.NoSuchProcess):
                        times = one.cpu_times()
                        cpu_s += times.user + times.system
                        rss += one.memory_info().rss
                found[name] = Usage(cpu_s, rss / 1e6)
        return found

    def stop(self) -> None:
        """End everything, the edge first."""
        for kind in reversed(KINDS):
            for instance in self.of(kind):
                if instance.is_alive and instance.process is not None:
                    instance.process.send_signal(signal.SIGTERM)
            for instance in self.of(kind):
                instance.stop()
        for link in self.links.values():
            link.close()
        if self.nats is not None:
            self.nats.stop()


def gauge(page: str, name: str) -> int | None:
    """Its value on a page of metrics; None where it is not there."""
    for line in page.splitlines():
        if line.startswith(f"{name} "):
            return round(float(line.split()[1]))
    return None


class Keeper:
    """Starts killed instances again, as a cluster does: a moment after they went."""

    def __init__(self, cloud: Cloud, *, after_s: float = 0.5) -> None:
        self._cloud, self._after_s = cloud, after_s
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="keeper", daemon=True)
        self._thread.start()
        self.starts = 0

    def close(self) -> None:
        self._is_over.set()
        self._thread.join()

    def _run(self) -> None:
        gone: dict[str, float] = {}
        while not self._is_over.wait(0.1):
            now_s = time.monotonic()
            for name, instance in self._cloud.instances.items():
                if instance.is_alive:
                    gone.pop(name, None)
                elif now_s - gone.setdefault(name, now_s) >= self._after_s:
                    instance.start()
                    self.starts += 1
                    gone.pop(name, None)
