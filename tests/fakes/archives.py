"""Archives of components: made up, compiled, and served by a server that may break off."""

from __future__ import annotations

import contextlib
import hashlib
import io
import subprocess
import threading
import zipfile
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tomli_w
from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

UNPACK = {"made/lib/*.so*": "lib", "*.dist-info/licenses/*": "licence"}
WHEEL = "made_up-1.0-py3-none-any.whl"
NOTICE = "made_up-1.0.dist-info/licenses/License.txt"


def wheel(members: Mapping[str, bytes]) -> bytes:
    """A zip with `members`, under exactly these names."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, content in members.items():
            zipped.writestr(zipfile.ZipInfo(name), content)
    return packed.getvalue()


def entry(archives: Mapping[str, bytes], **changes: Any) -> dict[str, Any]:
    """A component of the catalogue that is made of `archives`."""
    listed = [
        {"file": name, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        for name, content in archives.items()
    ]
    made = {
        "name": "made-up",
        "engine": "speech",
        "platform": "linux-x86_64",
        "version": "1.0",
        "needs": "nvidia",
        "licence": "MIT",
        "licence_url": "https://example.com/licence",
        "unpacked_bytes": 1_000_000,
        "unpack": UNPACK,
        "archives": listed,
    }
    return made | changes


def catalogue(path: Path, *entries: dict[str, Any], url: str = "") -> Path:
    """A catalogue with `entries`, at `path`."""
    path.write_text(tomli_w.dumps({"url": url, "components": list(entries)}), encoding="utf-8")
    return path


def library(path: Path, code: str, *needed: str) -> bytes:
    """A shared library of this C code, which asks the system for `needed` by name alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    links = [f"-l:{name}" for name in needed]
    command = ["cc", "-shared", "-fPIC", "-x", "c", "-", "-o", str(path), f"-Wl,-soname,{path.name}"]
    linked = [*command, f"-L{path.parent}", "-Wl,--no-as-needed", *links]
    subprocess.run(linked, input=code.encode(), check=True)
    return path.read_bytes()


@dataclass
class Mirror:
    """What it has, what it was asked for, and how it behaves."""

    files: dict[str, bytes]
    url: str = ""
    cut_after: int | None = None
    """Each answer breaks off after so many bytes."""
    asked: list[tuple[str, str]] = field(default_factory=list)
    """The path and the range of each request."""


@contextlib.contextmanager
def mirror(files: Mapping[str, bytes]) -> Iterator[Mirror]:
    """A server on this computer with `files` beneath `components`."""
    at = Mirror(dict(files))

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = self.headers.get("Range", "")
            at.asked.append((self.path, asked))
            content = at.files.get(self.path.removeprefix("/components/"))
            if content is None:
                self.send_error(404)
                return
            begin = int(asked.removeprefix("bytes=").removesuffix("-") or 0)
            self.send_response(206 if asked else 200)
            if asked:
                self.send_header("Content-Range", f"bytes {begin}-{len(content) - 1}/{len(content)}")
            self.send_header("Content-Length", str(len(content) - begin))
            self.end_headers()
            end = len(content) if at.cut_after is None else begin + at.cut_after
            self.wfile.write(content[begin:end])

        @override
        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    at.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield at
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
