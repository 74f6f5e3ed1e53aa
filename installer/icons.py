"""Draws MartLive's icon as each system wants it, from the one drawing.

Run as `python -m installer.icons build/icons`.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter
from PySide6.QtSvg import QSvgRenderer

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

DRAWING = Path(__file__).parents[1] / "resources/icons/martlive.svg"
LINUX_SIZES_PX = (16, 24, 32, 48, 64, 128, 256, 512)
WINDOWS_SIZES_PX = (16, 20, 24, 32, 40, 48, 64, 128, 256)
MACOS_SIZES_PX = (32, 64, 128, 256, 512, 1024)
MACOS_MARGIN = 100 / 1024
"""Around the shape of an icon, as a part of its side. Source: Apple's icon template for macOS, 824 of 1024 pixels."""
STORE_SIZES_PX = {"StoreLogo.png": 50, "Square44x44Logo.png": 44, "Square150x150Logo.png": 150}


def draw(size_px: int, margin: float = 0.0) -> Picture:
    """The icon in a square of `size_px`, on nothing.

    Args:
        size_px: its side.
        margin: what stays empty on each side, as a part of the side.
    """
    canvas = QImage(size_px, size_px, QImage.Format.Format_RGBA8888)
    canvas.fill(0)
    painter = QPainter(canvas)
    edge = size_px * margin
    QSvgRenderer(str(DRAWING)).render(painter, QRectF(edge, edge, size_px - 2 * edge, size_px - 2 * edge))
    painter.end()
    return Image.frombytes("RGBA", (size_px, size_px), bytes(canvas.constBits()))


def draw_all(folder: Path) -> None:
    """Write into `folder` martlive.ico, martlive.icns, martlive-SIZE.png, and in msix/ what AppxManifest.xml names."""
    store = folder / "msix"
    store.mkdir(parents=True, exist_ok=True)
    for size_px in LINUX_SIZES_PX:
        draw(size_px).save(folder / f"martlive-{size_px}.png")
    for name, size_px in STORE_SIZES_PX.items():
        draw(size_px).save(store / name)
    # Drawn for each size; Pillow would only shrink the largest.
    *smaller, largest = [draw(size_px) for size_px in WINDOWS_SIZES_PX]
    largest.save(
        folder / "martlive.ico", sizes=[(size_px, size_px) for size_px in WINDOWS_SIZES_PX], append_images=smaller
    )
    *smaller, largest = [draw(size_px, MACOS_MARGIN) for size_px in MACOS_SIZES_PX]
    largest.save(folder / "martlive.icns", append_images=smaller)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    draw_all(parser.parse_args().folder)
