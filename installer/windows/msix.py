"""Lays out what makeappx packs.

Run as `python -m installer.windows.msix build/dist/martlive build/msix --publisher CN=MartLive`, then, on Windows,
`makeappx pack /f build/msix/mapping.txt /p MartLive.msix`.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from xml.sax.saxutils import quoteattr

from installer.windows.nsis import listed, numbers
from martlive_desktop import __version__

TEMPLATE = Path(__file__).with_name("AppxManifest.xml")


def prepare(tree: Path, target: Path, *, icons: Path, publisher: str, version: str = __version__) -> Path:
    """Write AppxManifest.xml and mapping.txt into `target`.

    Args:
        tree: what PyInstaller built.
        target: a folder.
        icons: what installer/icons.py drew.
        publisher: the subject of the certificate that signs the package, letter by letter.
        version: what the package says it is.

    Returns:
        The mapping: which file goes where in the package.

    Raises:
        BuildRefused: `tree` is no build of MartLive.
    """
    target.mkdir(parents=True, exist_ok=True)
    manifest = target / "AppxManifest.xml"
    words = TEMPLATE.read_text(encoding="utf-8")
    words = words.replace('Publisher=""', f"Publisher={quoteattr(publisher)}")
    manifest.write_text(words.replace(' Version=""', f' Version="{numbers(version)}"'), encoding="utf-8")
    packed = {"AppxManifest.xml": manifest}
    packed |= {rf"Assets\{path.name}": path for path in sorted((icons / "msix").glob("*.png"))}
    packed |= {name: tree.joinpath(*name.split("\\")) for name in listed(tree) if not name.endswith("\\")}
    mapping = target / "mapping.txt"
    lines = [f'"{source.resolve()}" "{name}"' for name, source in packed.items()]
    mapping.write_text("\n".join(("[Files]", *lines, "")), encoding="utf-8")
    return mapping


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tree", type=Path)
    parser.add_argument("target", type=Path)
    parser.add_argument("--icons", type=Path, default=Path("build/icons"))
    parser.add_argument("--publisher", required=True)
    asked = parser.parse_args()
    prepare(asked.tree, asked.target, icons=asked.icons, publisher=asked.publisher)
