"""A clean Debian in a folder: nothing in it but what debootstrap puts there, and no Python."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

NOT_COMPARED = ("dev", "home", "proc", "run", "sys", "tmp", "var/cache", "var/lib/apt", "var/lib/dpkg", "var/log")
"""Folders of the system's own that change with every package."""


def can_make_a_debian() -> bool:
    """Whether this computer has what it takes."""
    if shutil.which("debootstrap") is None or os.getuid() != 0:
        return False
    return subprocess.run(["unshare", "--mount", "true"], check=False).returncode == 0


def mirror() -> tuple[str, str]:
    """Where this computer's Debian comes from, and the name of its release."""
    release = dict(re.findall(r"^(\w+)=(.*)$", Path("/etc/os-release").read_text(encoding="utf-8"), re.MULTILINE))
    sources = [*Path("/etc/apt/sources.list.d").glob("*"), Path("/etc/apt/sources.list")]
    text = "\n".join(file.read_text(encoding="utf-8") for file in sources if file.is_file())
    found = re.findall(r"^(?:URIs: |deb (?:\[.*\] )?)(\S+/debian)/?(?:\s|$)", text, re.MULTILINE)
    return found[0], release["VERSION_CODENAME"].strip('"')


@dataclass(frozen=True, slots=True)
class CleanDebian:
    """The folder, and how to do something in it."""

    folder: Path

    @classmethod
    def make(cls, folder: Path) -> CleanDebian:
        """A new one; takes a minute or two."""
        address, suite = mirror()
        # The signatures were checked when this computer was set up; a mirror may have another key than debootstrap knows.
        command = ["debootstrap", "--variant=minbase", "--no-check-gpg", suite, str(folder), address]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        source_line = f"deb [trusted=yes] {address} {suite} main\n"
        (folder / "etc/apt/sources.list").write_text(source_line, encoding="utf-8")
        for name in ("apt/apt.conf.d", "resolv.conf", "hosts"):
            source, target = Path("/etc") / name, folder / "etc" / name
            if source.is_dir():
                shutil.copytree(source, target, dirs_exist_ok=True)
            elif source.exists():
                shutil.copyfile(source, target)
        debian = cls(folder)
        debian.do("useradd", "--create-home", "marta")
        debian.apt("update")
        return debian

    def command(self, *words: str, user: str = "root", **environment: str) -> list[str]:
        """What runs `words` in there; it sees no other files, but the same network and display."""
        home = "/root" if user == "root" else f"/home/{user}"
        told = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": home, "LANG": "C.UTF-8", **environment}
        settings = [f"{name}={value}" for name, value in told.items()]
        # The mounts are seen by this command only and end with it.
        prepare = (
            'root=$1; user=$2; shift 2; mount -t proc proc "$root/proc"; mount -t tmpfs tmpfs "$root/dev/shm"; exec '
        )
        enter = 'chroot --userspec="$user:$user" "$root" env -i "$@"'
        return [
            *("unshare", "--mount", "--propagation", "private"),
            *("bash", "-euc", prepare + enter, "bash", str(self.folder), user, *settings, *words),
        ]

    def do(self, *words: str, user: str = "root", within_s: float = 600, **environment: str) -> str:
        """What `words` print in there; they must succeed."""
        done = subprocess.run(
            self.command(*words, user=user, **environment),
            capture_output=True,
            text=True,
            timeout=within_s,
            check=False,
        )
        assert done.returncode == 0, (
            f"{' '.join(words)} gave {done.returncode}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
        )
        return done.stdout

    def apt(self, *words: str) -> None:
        """Let apt do something in there, without a question."""
        self.do("apt-get", "-y", "-qq", *words, DEBIAN_FRONTEND="noninteractive")

    def files(self) -> set[str]:
        """Every file there, but for what the system itself changes all the time."""
        found = set()
        for place, folders, names in os.walk(self.folder):
            here = Path(place).relative_to(self.folder)
            folders[:] = [name for name in folders if str(here / name) not in NOT_COMPARED]
            found |= {str(here / name) for name in names}
        return found
