"""What goes into the binary and what is left out of it: read by build.spec, and by the tests of what was built."""

from __future__ import annotations

import re
import subprocess
import tomllib
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

QT_LIBRARIES = ("Core", "DBus", "Gui", "Network", "OpenGL", "Svg", "Widgets", "XcbQpa")
"""Qt's modules that are used; OpenGL and DBus only by the plugins below."""

QT_PLUGINS = (
    "iconengines/qsvgicon",
    "imageformats/qgif",
    "imageformats/qico",
    "imageformats/qjpeg",
    "imageformats/qsvg",
    "imageformats/qwebp",
    "platforminputcontexts/compose",
    # Chinese is typed through IBus.
    "platforminputcontexts/ibus",
    "platforms/qcocoa",
    "platforms/qoffscreen",
    "platforms/qwindows",
    "platforms/qxcb",
    "platformthemes/qxdgdesktopportal",
    "styles/qmacstyle",
    "styles/qmodernwindowsstyle",
    "styles/qwindowsvistastyle",
)

QT_TRANSLATIONS = ("qtbase_en.qm", "qtbase_zh_CN.qm")

EXCLUDED_MODULES = (
    "IPython",
    "PySide6.QtMultimedia",
    "cloud_api",
    "curses",
    "hf_xet",
    "lib2to3",
    "matplotlib",
    "onnxruntime.quantization",
    "onnxruntime.tools",
    "onnxruntime.transformers",
    "pandas",
    "pip",
    "pydoc_data",
    "pytest",
    # GPL: the prompt of Python itself, which nobody sees here.
    "readline",
    "scipy",
    "setuptools",
    "tensorflow",
    "tests",
    "tkinter",
    "torch",
    "transformers",
    "wheel",
)

SYSTEM_LIBRARIES = (
    # The sound server's plugins are found by the system's own; PortAudio follows it.
    "libasound.so",
    "libjack.so",
    "libmvec.so",
    "libportaudio.so",
    # These must fit the system's drivers and session.
    "libEGL.so",
    "libGL.so",
    "libGLX.so",
    "libGLdispatch.so",
    "libOpenGL.so",
    "libdbus-1.so",
    "libfontconfig.so",
    "libfreetype.so",
    "libgbm.so",
    "libwayland-",
    "libxcb",
    "libxkbcommon",
    "libX11",
    "libXau.so",
    "libXdmcp.so",
    "libXext.so",
    "libglib-2.0.so",
    "libgthread-2.0.so",
    "libgobject-2.0.so",
    "libgio-2.0.so",
    "libsystemd.so",
    "libudev.so",
)
"""Taken from the system on Linux; the package's dependencies bring them."""

UNUSED_DATA = (
    "cv2/data/",
    "cv2/qt/",
    # Pictures for language models.
    "llama_cpp/lib/libmtmd",
    "llama_cpp/server/",
    "rapidocr_onnxruntime/models/ch_PP-OCRv4_det_infer.onnx",
    "rapidocr_onnxruntime/models/ch_ppocr_mobile_v2.0_cls_infer.onnx",
)


Entry: TypeAlias = tuple[str, str, str]
"""Of PyInstaller's tables: the path in the build, the file (of a link: where it leads), the kind."""

EXTRAS = ("desktop", "asr", "screen", "llm")
"""Of pyproject.toml: what the binary is made of."""


def distributions_of(project: Path) -> list[str]:
    """The Python packages that the binary asks for, by name, as far as this system has them."""
    told = tomllib.loads(project.read_text(encoding="utf-8"))["project"]
    wanted = [*told["dependencies"], *(one for extra in EXTRAS for one in told["optional-dependencies"][extra])]
    # RapidOCR is installed apart: see pyproject.toml.
    names = {re.split(r"[\[<>=!;~ ]", one)[0] for one in wanted} | {"rapidocr-onnxruntime"}
    return sorted(filter(_is_installed, names))


def _is_installed(name: str) -> bool:
    try:
        distribution(name)
    except PackageNotFoundError:
        return False
    return True


def is_kept(name: str) -> bool:
    """Whether a file of the build, by its path in it, is part of the program."""
    path = PurePosixPath(name.replace("\\", "/"))
    if path.parts[0] == "PySide6":
        return _is_qt_kept(path)
    if "__pycache__" in path.parts or str(path).startswith(UNUSED_DATA):
        return False
    # What a wheel brings in a folder of its own was built to go with it; what comes from the system lies at the top.
    return not (len(path.parts) == 1 and path.name.startswith(SYSTEM_LIBRARIES))


def _is_qt_kept(path: PurePosixPath) -> bool:
    if "translations" in path.parts:
        return path.name in QT_TRANSLATIONS
    if "plugins" in path.parts:
        return any(f"{path.parent.name}/{path.name.removeprefix('lib')}".startswith(plugin) for plugin in QT_PLUGINS)
    if "qml" in path.parts:
        return False
    library = path.name.removeprefix("lib")
    if library.startswith("Qt6"):
        return library.removeprefix("Qt6").partition(".")[0] in QT_LIBRARIES
    # FFmpeg for QtMultimedia.
    return not library.startswith(("avcodec", "avformat", "avutil", "swresample", "swscale", "opengl32sw"))


def only_needed(binaries: list[Entry], needs_of: Callable[[str], Iterable[str]]) -> list[Entry]:
    """`binaries` without the system's libraries that only left-out files needed.

    Args:
        binaries: what `is_kept` kept, as (path in the build, file, kind).
        needs_of: as `linked_to`.
    """
    by_name = {PurePosixPath(name).name: (name, file, kind) for name, file, kind in binaries if _is_from_system(name)}
    waiting = [file for name, file, _ in binaries if not _is_from_system(name)]
    reached: set[str] = set()
    while waiting:
        for need in map(_base_name, needs_of(waiting.pop())):
            if need in by_name and need not in reached:
                reached.add(need)
                waiting.append(by_name[need][1])
    return [entry for entry in binaries if not _is_from_system(entry[0]) or PurePosixPath(entry[0]).name in reached]


def linked_to(file: str) -> list[str]:
    """The names of the libraries that an ELF file asks for itself."""
    told = subprocess.run(  # noqa: S603
        ["objdump", "-p", file],  # noqa: S607
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return re.findall(r"^  NEEDED +(\S+)$", told, re.MULTILINE)


def without_copies(binaries: list[Entry]) -> list[Entry]:
    """`binaries` with one file for each library of llama.cpp: a wheel holds it under two names."""
    names = {name for name, _, _ in binaries}
    numbered = {name: f"{name}.0" for name in names if name.startswith("llama_cpp/lib/") and f"{name}.0" in names}
    return [
        (name, PurePosixPath(numbered[name]).name, "SYMLINK") if name in numbered else (name, file, kind)
        for name, file, kind in binaries
    ]


def without_dangling(entries: list[Entry], present: Iterable[str]) -> list[Entry]:
    """`entries` without links to files that are not in `present`."""
    names = set(present)
    return [
        entry for entry in entries if entry[2] != "SYMLINK" or str(PurePosixPath(entry[0]).parent / entry[1]) in names
    ]


def _is_from_system(name: str) -> bool:
    return "/" not in name and name.startswith("lib") and not name.startswith("libpython")


def _base_name(name: str) -> str:
    return PurePosixPath(name).name
