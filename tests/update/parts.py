"""A small program that starts and updates as the real one does, a repository for it, and a server that can misbehave."""

from __future__ import annotations

import contextlib
import http.server
import json
import os
import re
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from installer.release import Keys, Repository
from martlive_desktop.adapters.update_manifest import this_platform

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

REPOSITORY = Path(__file__).resolve().parents[2]
PLATFORM = this_platform()
SAME_BYTES = 400_000
"""Of the files that no version changes, in all; random, so compressed they are as many."""

PROGRAM = """#!{python}
import argparse, json, os, subprocess, sys
from pathlib import Path

sys.path.insert(0, {repository!r})
import martlive_desktop

here = Path(__file__).resolve()
martlive_desktop.__version__ = (here.parent / "_internal/version.txt").read_text()
manner = (here.parent / "_internal/manner.txt").read_text()
sys.frozen, sys.executable = True, str(here)
from martlive_desktop import launcher

launcher.hand_over()
from martlive_desktop.cli_update import add_update, run_update
from martlive_desktop.core.errors import MartLiveError


def run():
    arguments = sys.argv[1:]
    if arguments == ["--version"]:
        print("martlive", martlive_desktop.__version__)
        return 0
    if arguments == ["--selftest"]:
        return 1 if manner == "unwell" else 0
    if arguments[:1] == ["update"]:
        parser = argparse.ArgumentParser()
        add_update(parser)
        try:
            return run_update(parser.parse_args(arguments[1:]))
        except MartLiveError as exc:
            print(f"martlive: {{exc}}", file=sys.stderr)
            return exc.exit_code
    if manner == "crashing":
        os.abort()
    said = {{"version": martlive_desktop.__version__, "arguments": arguments, "kept": os.environ.get("KEPT", "")}}
    said["base"] = os.environ.get(launcher.BASE, "")
    said["is_marked"] = launcher.HANDED_OVER in os.environ
    print(json.dumps(said))
    return 1 if manner == "refusing" else 0


sys.exit(launcher.watch(run))
"""


def make_tree(folder: Path, version: str, *, manner: str = "fine", changed: bytes = b"") -> Path:
    """A program of `version` in `folder`; `manner` is how it behaves, `changed` a file that it has alone."""
    inner = folder / "_internal"
    inner.mkdir(parents=True)
    program = folder / "martlive"
    program.write_text(PROGRAM.format(python=sys.executable, repository=str(REPOSITORY)), encoding="utf-8")
    program.chmod(0o755)
    (inner / "version.txt").write_text(version, encoding="utf-8")
    (inner / "manner.txt").write_text(manner, encoding="utf-8")
    same = same_bytes()
    for i in range(4):
        (inner / f"library{i}.so").write_bytes(same[i * SAME_BYTES // 4 : (i + 1) * SAME_BYTES // 4])
    (inner / "library.so").symlink_to("library0.so")
    if changed:
        (inner / "changed.bin").write_bytes(changed)
    return folder


def same_bytes() -> bytes:
    """The same bytes each time, which xz makes no shorter."""
    import random

    return random.Random(7).randbytes(SAME_BYTES)


@dataclass
class Server:
    """Gives out a folder by HTTP with ranges, counts, and does what `on_get` says."""

    folder: Path
    url: str = ""
    sent: dict[str, int] = field(default_factory=dict)
    """Bytes of bodies by path."""
    on_get: Callable[[str], bytes | int | None] = lambda _path: None
    """For a path: other bytes, a status, or None for what is there."""
    stall_after: int | None = None
    """Of blobs: after so many bytes in all, nothing more comes."""
    cuts: bool = False
    """After that it ends the connection instead."""
    stalled: threading.Event = field(default_factory=threading.Event)
    go_on: threading.Event = field(default_factory=threading.Event)

    def blob_bytes(self) -> int:
        """How much of the program's files was given out."""
        return sum(count for path, count in self.sent.items() if path.startswith("/blobs/"))

    @contextlib.contextmanager
    def running(self) -> Iterator[Server]:
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield self
        finally:
            self.go_on.set()
            server.shutdown()
            server.server_close()
            thread.join()

    def _handler(self) -> type[http.server.BaseHTTPRequestHandler]:
        shop = self

        class Handler(http.server.BaseHTTPRequestHandler):
            @override
            def log_message(self, *_: Any) -> None:
                pass

            def do_GET(self) -> None:
                found = shop.on_get(self.path)
                path = shop.folder / self.path.lstrip("/")
                if isinstance(found, int) or (found is None and not path.is_file()):
                    self.send_error(found if isinstance(found, int) else 404)
                    return
                body = path.read_bytes() if found is None else found
                asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
                start = int(asked[1]) if asked else 0
                self.send_response(206 if asked else 200)
                if asked:
                    self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
                self.send_header("Content-Length", str(len(body) - start))
                self.end_headers()
                with contextlib.suppress(OSError):
                    shop.send(self.path, body[start:], self.wfile.write)

        return Handler

    def send(self, path: str, body: bytes, write: Callable[[bytes], object]) -> None:
        for at in range(0, len(body), 10_000):
            if path.startswith("/blobs/") and self.stall_after is not None and self.blob_bytes() >= self.stall_after:
                self.stalled.set()
                self.go_on.wait(60)
                if self.cuts:
                    raise BrokenPipeError
            write(body[at : at + 10_000])
            self.sent[path] = self.sent.get(path, 0) + len(body[at : at + 10_000])


@dataclass
class Shop:
    """An installed program of 1.0.0, and where its updates are made."""

    folder: Path
    server: Server
    repository: Repository
    keys: Keys

    @property
    def environment(self) -> dict[str, str]:
        named = {
            "MARTLIVE_DATA": str(self.folder / "data"),
            "MARTLIVE_SETTINGS": str(self.folder / "settings.toml"),
            "MARTLIVE_UPDATES": str(self.folder / "updates"),
        }
        return {name: value for name, value in os.environ.items() if not name.startswith("MARTLIVE_")} | named

    @property
    def versions(self) -> Path:
        return self.folder / "data/versions"

    def release(self, version: str, *, manner: str = "fine", changed: bytes = b"", **words: str) -> Path:
        """Make `version` public; gives its tree."""
        tree = make_tree(self.folder / f"built-{version}", version, manner=manner, changed=changed)
        self.repository.add(tree, version, PLATFORM, **words)
        self.repository.sign()
        self.repository.refresh()
        return tree

    def command(self, *arguments: str) -> list[str]:
        return [str(self.folder / "installed/martlive"), *arguments]

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the installed program."""
        return subprocess.run(
            self.command(*arguments), env=self.environment, capture_output=True, text=True, check=False, timeout=300
        )

    def update(self) -> str:
        """Update; gives the last thing that it said."""
        said = self.run("update", "--yes")
        return (said.stderr or said.stdout).strip().splitlines()[-1]

    def starts(self) -> str:
        """Start the program; gives the version that it says it is."""
        said = self.run()
        assert said.returncode == 0, said.stderr
        version: str = json.loads(said.stdout)["version"]
        return version

    def state(self) -> dict[str, Any]:
        kept: dict[str, Any] = json.loads((self.versions / "current.json").read_bytes())
        return kept

    def fetched(self) -> list[str]:
        """The versions beside the installed one."""
        return sorted(path.name for path in self.versions.iterdir() if re.fullmatch(r"[\d.]+", path.name))

    def trust(self, root: Path) -> None:
        """Let the program begin its trust with `root`, at the server's address."""
        updates = self.folder / "updates"
        updates.mkdir(exist_ok=True)
        (updates / "source.toml").write_text(f'url = "{self.server.url}"\n', encoding="utf-8")
        (updates / "root.json").write_bytes(root.read_bytes())


@contextlib.contextmanager
def open_shop(folder: Path) -> Iterator[Shop]:
    keys = Keys(folder / "keys", lambda role: f"secret of {role}")
    repository = Repository(folder / "repository", keys)
    repository.init()
    make_tree(folder / "installed", "1.0.0")
    with Server(repository.public).running() as server:
        shop = Shop(folder, server, repository, keys)
        shop.trust(repository.public / "metadata/1.root.json")
        yield shop
