"""Writes the catalogue of components: `python -m installer.components add NAME FILE...` after an archive was built."""

from __future__ import annotations

import argparse
import hashlib
import sys
from dataclasses import asdict
from pathlib import Path

import tomli_w

from martlive_desktop.adapters.component_store import Archive, Catalogue, Component, read_catalogue, wanted_bytes

CATALOGUE = Path(__file__).resolve().parents[1] / "resources" / "components.toml"


def main(arguments: list[str] | None = None) -> int:
    """Change the catalogue, or look whether a folder has all that it names; 1: it has not."""
    asked = _parser().parse_args(arguments)
    found = read_catalogue(asked.catalogue)
    if asked.action == "check":
        wrong = wrong_files(found, asked.folder)
        sys.stdout.writelines(f"{name} is missing or has other bytes\n" for name in wrong)
        return int(bool(wrong))
    if asked.action == "url":
        write_catalogue(asked.catalogue, Catalogue(asked.url, found.components))
        return 0
    added = Component(
        name=asked.name,
        engine=asked.engine,
        platform=asked.platform,
        version=asked.version,
        needs=asked.needs,
        licence=asked.licence,
        licence_url=asked.licence_url,
        archives=tuple(Archive(path.name, path.stat().st_size, _digest(path)) for path in asked.files),
        unpack=dict(asked.unpack),
        unpacked_bytes=sum(wanted_bytes(path, dict(asked.unpack)) for path in asked.files),
    )
    others = [one for one in found.components if (one.name, one.platform) != (added.name, added.platform)]
    write_catalogue(asked.catalogue, Catalogue(found.url, (*others, added)))
    return 0


def wrong_files(catalogue: Catalogue, folder: Path) -> list[str]:
    """The archives of `catalogue` that `folder` lacks, or has with other bytes."""
    archives = {one.file: one for component in catalogue.components for one in component.archives}
    return [
        name
        for name, archive in archives.items()
        if not (folder / name).is_file() or _digest(folder / name) != archive.sha256
    ]


def write_catalogue(path: Path, catalogue: Catalogue) -> None:
    """Write `catalogue` beneath the comment that `path` begins with."""
    lines = path.read_text(encoding="utf-8").splitlines()
    head = lines[: next((at for at, line in enumerate(lines) if not line.startswith("#")), len(lines))]
    body = {"url": catalogue.url, "components": [asdict(one) for one in catalogue.components]}
    path.write_text("\n".join([*head, tomli_w.dumps(body)]), encoding="utf-8")


def _digest(path: Path) -> str:
    with path.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


def _pair(text: str) -> tuple[str, str]:
    pattern, _, folder = text.partition("=")
    if not pattern or not folder:
        raise argparse.ArgumentTypeError("write PATTERN=FOLDER, as llama_cpp/lib/*.so=lib")
    return pattern, folder


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m installer.components", description=__doc__)
    parser.add_argument("--catalogue", type=Path, default=CATALOGUE)
    actions = parser.add_subparsers(dest="action", required=True)
    add = actions.add_parser("add", help="an entry, in place of one of this name and platform")
    add.add_argument("name")
    add.add_argument("files", nargs="+", type=Path)
    add.add_argument("--engine", choices=["speech", "writing"], required=True)
    add.add_argument("--platform", required=True, help="as sysconfig.get_platform() there, such as linux-x86_64")
    add.add_argument("--needs", choices=["nvidia", "vulkan"], required=True)
    add.add_argument("--version", required=True)
    add.add_argument("--licence", required=True)
    add.add_argument("--licence-url", required=True)
    add.add_argument("--unpack", type=_pair, action="append", required=True, metavar="PATTERN=FOLDER")
    url = actions.add_parser("url", help="where this build fetches from")
    url.add_argument("url")
    check = actions.add_parser("check", help="whether a folder has every archive")
    check.add_argument("folder", type=Path)
    return parser


if __name__ == "__main__":
    sys.exit(main())
