"""Takes x264 and x265 out of a built tree: FFmpeg finds small libraries of our own in their place (docs/adr/010).

    python -m installer.codecs build/dist/martlive

FFmpeg refuses to start without the functions that it imports from them. The stand-ins have these functions, under the
same file names, and each says no: an encoder cannot be opened, everything else goes on. Run it before anything is signed.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich.console import Console

from installer.errors import BuildRefused

CODECS = ("x264", "x265")

MARKS = {"x264": b"http://www.videolan.org/x264.html", "x265": b"HEVC encoder version"}
"""Words that only the library itself has: FFmpeg names both in its own code, too."""

SOURCE = """/* MartLive's own: the functions that FFmpeg imports from {codec}, and nothing of {codec}. Apache-2.0. */
#ifdef _WIN32
#define OFFERED __declspec(dllexport)
int DllMainCRTStartup(void *library, unsigned reason, void *reserved) {{ return 1; }}
#else
#define OFFERED __attribute__((visibility("default")))
#endif

typedef void *(*Function)(void);
static void *nothing(void) {{ return 0; }}
/* Longer than the table of functions that the library would give: whichever FFmpeg calls, it gets nothing. */
#define EIGHT nothing, nothing, nothing, nothing, nothing, nothing, nothing, nothing
static const Function table[] = {{ EIGHT, EIGHT, EIGHT, EIGHT, EIGHT, EIGHT, EIGHT, EIGHT }};

{functions}
"""

FORMS = {
    "data": "OFFERED const char {name}[1024] = {{ 0 }};",
    "opens": "OFFERED void *{name}(void) {{ return 0; }}",
    "gives the table": "OFFERED const void *{name}(void) {{ return table; }}",
    "does": "OFFERED long {name}(void) {{ return -1; }}",
}


def take_out(tree: Path) -> list[Path]:
    """Puts a stand-in in the place of every x264 and x265 beneath `tree`; says which files they are.

    Raises:
        BuildRefused: nothing imports what is to be replaced, no compiler, or words of them are left.
    """
    replaced = []
    for codec in CODECS:
        libraries = [file for file in tree.rglob(f"lib{codec}*") if not file.is_symlink()]
        for library in sorted(file for file in libraries if MARKS[codec] in file.read_bytes()):
            _compile(_source(codec, library), library)
            replaced.append(library)
    left = remnants(tree)
    if left:
        raise BuildRefused("Find out how these came into the build, and leave them out: they are GPL.", tuple(left))
    return replaced


def remnants(tree: Path) -> list[str]:
    """The files beneath `tree` with x264 or x265 in them."""
    files = sorted(file for file in tree.rglob("*") if file.is_file() and not file.is_symlink())
    found = []
    for file in files:
        content = file.read_bytes()
        found += [f"{file.relative_to(tree)}: {codec}" for codec in CODECS if MARKS[codec] in content]
    return found


def _source(codec: str, library: Path) -> str:
    data, importers = _data(library), [file for file in library.parent.iterdir() if "avcodec" in file.name]
    names = sorted({name for file in importers for name in _imports(file, codec)})
    if not names:
        raise BuildRefused(f"Leave {library.name} out of the build: no FFmpeg beside it needs it.")
    return SOURCE.format(codec=codec, functions="\n".join(FORMS[_form(name, data)].format(name=name) for name in names))


def _form(name: str, data: set[str]) -> str:
    if name in data:
        return "data"
    if "_open_" in name:
        return "opens"
    return "gives the table" if "_api_" in name else "does"


def _imports(library: Path, codec: str) -> set[str]:
    if library.suffix == ".dll":
        entries = _portable_executable(library).DIRECTORY_ENTRY_IMPORT
        names = {symbol.name.decode() for entry in entries for symbol in entry.imports if symbol.name}
    else:
        names = {name for kind, name in _symbols(library) if kind == "U"}
    return {name for name in names if name.startswith(f"{codec}_")}


def _data(library: Path) -> set[str]:
    """What the library offers that is no function."""
    if library.suffix == ".dll":
        file, executable = _portable_executable(library), 0x20000000
        symbols = [symbol for symbol in file.DIRECTORY_ENTRY_EXPORT.symbols if symbol.name]
        sections = {symbol.name.decode(): file.get_section_by_rva(symbol.address) for symbol in symbols}
        return {name for name, section in sections.items() if not section.Characteristics & executable}
    return {name for kind, name in _symbols(library) if kind not in "TtU"}


def _portable_executable(library: Path) -> Any:
    # PyInstaller brings it, on Windows only.
    import pefile

    return pefile.PE(str(library))


def _symbols(library: Path) -> list[tuple[str, str]]:
    """Kind and name of each symbol that is seen from outside, as `nm` lists them."""
    listed = _run("nm", *(("-g",) if library.suffix == ".dylib" else ("-D",)), str(library))
    pairs = [line.split()[-2:] for line in listed.splitlines() if len(line.split()) > 1]
    # macOS puts an underscore before names in C, Linux puts "@" and a version after some.
    return [
        (kind, name.removeprefix("_") if library.suffix == ".dylib" else name.partition("@")[0]) for kind, name in pairs
    ]


def _compile(source: str, library: Path) -> None:
    if library.suffix == ".dll":
        compiler, kind = "gcc", ["-shared", "-nostdlib", "-s"]
    elif library.suffix == ".dylib":
        identity = _run("otool", "-D", str(library)).split()[-1]
        compiler, kind = "cc", ["-dynamiclib", f"-Wl,-install_name,{identity}", "-Wl,-compatibility_version,255.0.0"]
    else:
        # No id that differs from build to build, nothing of this computer's C library.
        kind = ["-shared", "-nostdlib", "-s", f"-Wl,-soname,{library.name}", "-Wl,--build-id=none"]
        compiler = "cc"
    with TemporaryDirectory() as folder:
        written, made = Path(folder, "standin.c"), Path(folder, library.name)
        written.write_text(source, encoding="utf-8")
        flags = ["-Os", "-fPIC", "-ffreestanding", "-fvisibility=hidden", *kind]
        _run(compiler, *flags, str(written), "-o", str(made))
        mode = library.stat().st_mode
        # A new file: the old one may be the same as the environment's own.
        library.unlink()
        library.write_bytes(made.read_bytes())
        library.chmod(mode)


def _run(*command: str) -> str:
    try:
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603
    except FileNotFoundError as exc:
        raise BuildRefused(f"Install {command[0]}: the stand-ins for x264 and x265 are made with it.") from exc
    except subprocess.CalledProcessError as exc:
        raise BuildRefused(f"See what {command[0]} does not like:", tuple(exc.stderr.splitlines())) from exc


def main() -> None:
    tree = Path(sys.argv[1])
    for library in take_out(tree):
        Console().print(f"{library.relative_to(tree)}: {library.stat().st_size} bytes of our own", highlight=False)


if __name__ == "__main__":
    main()
