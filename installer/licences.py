"""The page of third-party licences, the list for machines (SBOM), and whether all of it may be passed on.

    python -m installer.licences build/dist/martlive [--sbom build/sbom.cdx.json]

Writes THIRD-PARTY.html and the texts into the tree (`_internal/martlive_desktop/resources/licences`); run it after
installer.codecs and before anything is signed or packed. Run it in the environment that the tree was built from.
"""

from __future__ import annotations

import hashlib
import os
import sys
import uuid
from argparse import ArgumentParser
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from cyclonedx.model import (
    ExternalReference,
    ExternalReferenceType,
    HashAlgorithm,
    HashType,
    Property,
    XsUri,
)
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.license import LicenseExpression
from cyclonedx.output.json import JsonV1Dot6
from jinja2 import Environment, FileSystemLoader
from packageurl import PackageURL
from rich.console import Console

from installer.errors import BuildRefused
from installer.inventory import HERE, OWN, PAGE_FOLDER, Part, Tree, inventory, read_tree
from martlive_desktop import __version__

PAGE = "THIRD-PARTY.html"

COPYLEFT = ("LGPL", "MPL")
"""Whose users may replace what is under them, and get its source."""

UNFREE = ("LicenseRef-Intel", "LicenseRef-NVIDIA")


def write_page(tree: Tree, parts: list[Part]) -> Path:
    """The page into the tree, each text as a file beside it; says where the page is."""
    root = next(path for name, path in tree.files.items() if name.startswith(f"{OWN}/"))
    folder = next(parent for parent in root.parents if parent.name == OWN).parent / PAGE_FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.iterdir():
        left.unlink()
    texts = _texts(parts)
    for text, number in texts.items():
        (folder / f"text-{number:03}.txt").write_text(text, encoding="utf-8")
    users = {number: [part for part in parts if text in part.texts] for text, number in texts.items()}
    page = Environment(loader=FileSystemLoader(HERE), autoescape=True, trim_blocks=True, lstrip_blocks=True)
    written = page.get_template("third_party.html.j2").render(
        version=__version__,
        parts=[part for part in parts if part.kind != "crate"],
        crates=[part for part in parts if part.kind == "crate"],
        replaceable=[part for part in parts if part.licence.startswith(COPYLEFT) and part.kind != "crate"],
        unfree=[part for part in parts if part.licence.startswith(UNFREE)],
        folders={part: sorted({file.rpartition("/")[0] for file in part.files}) for part in parts},
        numbers={part: [texts[text] for text in part.texts] for part in parts},
        texts=[(number, users[number], text) for text, number in texts.items()],
    )
    (folder / PAGE).write_text(written, encoding="utf-8")
    return folder / PAGE


def _texts(parts: list[Part]) -> dict[str, int]:
    """Each text once, with its number: that of most parts first."""
    count = Counter(text for part in parts for text in dict.fromkeys(part.texts))
    ordered = sorted(count, key=lambda text: (-count[text], hashlib.sha256(text.encode()).digest()))
    return {text: number for number, text in enumerate(ordered, 1)}


def bill(tree: Tree, parts: list[Part]) -> str:
    """The list for machines: CycloneDX 1.6, as JSON; the same tree gives the same list."""
    program = Component(name="MartLive", version=__version__, type=ComponentType.APPLICATION, bom_ref="martlive")
    program.licenses.add(LicenseExpression("Apache-2.0"))
    components = [_component(tree, part, number) for number, part in enumerate(parts)]
    contents = "".join(f"{file}{_sha256(path)}" for file, path in tree.files.items())
    made = datetime.fromtimestamp(int(os.environ.get("SOURCE_DATE_EPOCH", "0")), UTC)
    bom = Bom(components=components, serial_number=uuid.uuid5(uuid.NAMESPACE_URL, contents))
    bom.metadata.component, bom.metadata.timestamp = program, made
    bom.register_dependency(program, components)
    return JsonV1Dot6(bom).output_as_string(indent=1)


def _component(tree: Tree, part: Part, number: int) -> Component:
    made = Component(
        name=part.name,
        version=part.version or None,
        type=ComponentType.DATA if part.kind == "data" else ComponentType.LIBRARY,
        bom_ref=f"part-{number}",
        copyright=part.copyright or None,
        purl=PackageURL.from_string(part.purl) if part.purl else None,
        licenses=[LicenseExpression(part.licence)],
        components=[_file(tree, file) for file in part.files],
    )
    if part.within:
        made.properties.add(Property(name="martlive:comes-with", value=part.within))
    if part.url:
        made.external_references.add(ExternalReference(type=ExternalReferenceType.WEBSITE, url=XsUri(part.url)))
    return made


def _file(tree: Tree, name: str) -> Component:
    digest = HashType(alg=HashAlgorithm.SHA_256, content=_sha256(tree.folder / name))
    return Component(name=name, type=ComponentType.FILE, bom_ref=f"file:{name}", hashes=[digest])


def _sha256(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def main() -> int:
    arguments = ArgumentParser(
        description="The licences of what is in a built tree: a page into it, and a list for machines."
    )
    arguments.add_argument("tree", type=Path)
    arguments.add_argument("--sbom", type=Path, default=Path("build/sbom.cdx.json"))
    asked = arguments.parse_args()
    console = Console(highlight=False, soft_wrap=True)
    try:
        tree = read_tree(asked.tree)
        parts = inventory(tree)
    except BuildRefused as refusal:
        console.print(str(refusal), markup=False)
        return 1
    asked.sbom.parent.mkdir(parents=True, exist_ok=True)
    asked.sbom.write_text(bill(tree, parts), encoding="utf-8")
    page = write_page(tree, parts)
    console.print(f"{len(parts)} parts, {sum(len(part.files) for part in parts)} files: {page} and {asked.sbom}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
