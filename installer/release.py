"""Puts built programs into a repository that MartLive updates from, and keeps its keys: `python -m installer.release --help`.

The repository's folder has `public`, which is what a web server gives out, and `staged`, which is not signed yet. What is
where, and what clients make of it: docs/adr/011-updates.md and docs/releasing.md.
"""

from __future__ import annotations

import argparse
import datetime
import getpass
import hashlib
import lzma
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)
from rich.console import Console
from securesystemslib.signer import CryptoSigner, SSlibKey
from tuf.api.metadata import Metadata, MetaFile, Root, Snapshot, TargetFile, Targets, Timestamp

from installer.errors import BuildRefused
from martlive_desktop.adapters.clock import utc_now_iso
from martlive_desktop.adapters.update_manifest import (
    Latest,
    Release,
    ReleaseFile,
    blob_name,
    latest_name,
    read_latest,
    read_release,
    release_name,
    this_platform,
    write_latest,
    write_release,
)
from martlive_desktop.adapters.versions import is_newer, parse_version
from martlive_desktop.core.errors import UpdateRefused

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ROLES = (Root.type, Targets.type, Snapshot.type, Timestamp.type)
DAYS = {Root.type: 365, Targets.type: 365, Snapshot.type: 30, Timestamp.type: 14}
"""How long each holds: whoever replays old answers can do so until then, and whoever forgets `refresh` has as long."""
PRESET = 6
"""Of xz: 9 needs 65 MiB for each file that is unpacked, and saves 2 %."""
BLOCK_BYTES = 1024 * 1024

Signed = TypeVar("Signed", Root, Targets, Snapshot, Timestamp)


class Keys:
    """The private keys, one PEM file for each role, each under its own password."""

    def __init__(self, folder: Path, password: Callable[[str], str]) -> None:
        self._folder = folder
        self._password = password

    def make(self, role: str) -> SSlibKey:
        """Make the key of `role`; one that is there is set aside."""
        path = self._path(role)
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if path.exists():
            path.rename(path.with_suffix(f".{utc_now_iso().replace(':', '')}.pem"))
        key = Ed25519PrivateKey.generate()
        if not (password := self._password(role)):
            raise BuildRefused(f"The key of {role} needs a password; choose one and try again.")
        words = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(password.encode()))
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(words)
        return SSlibKey.from_crypto(key.public_key())

    def signer(self, role: str) -> CryptoSigner:
        """What signs for `role`."""
        try:
            words = self._path(role).read_bytes()
        except OSError as exc:
            raise BuildRefused(f"The key of {role} is not in {self._folder}; go on where it is.") from exc
        try:
            key = load_pem_private_key(words, self._password(role).encode())
        except (ValueError, TypeError) as exc:
            raise BuildRefused(f"This is not the password for the key of {role}; try again.") from exc
        assert isinstance(key, Ed25519PrivateKey)
        return CryptoSigner(key)

    def _path(self, role: str) -> Path:
        return self._folder / f"{role}.pem"


class Repository:
    """The repository in `folder`; what is public is always complete and signed."""

    def __init__(self, folder: Path, keys: Keys) -> None:
        self.public = folder / "public"
        self._metadata = self.public / "metadata"
        self._staged = folder / "staged"
        self._keys = keys

    def init(self) -> None:
        """Make all keys, and a repository without any release."""
        if self._metadata.exists():
            raise BuildRefused(f"{self._metadata} is there already; `rotate` makes new keys.")
        root = Root(consistent_snapshot=True)
        for role in ROLES:
            root.add_key(self._keys.make(role), role)
        self._metadata.mkdir(parents=True)
        self._publish(Metadata(root), [self._keys.signer(Root.type)])
        self._publish(Metadata(Targets()), [self._keys.signer(Targets.type)])
        self.refresh()

    def add(self, tree: Path, version: str, platform: str, *, least: str = "0.0.0", notes: str = "") -> Release:
        """Pack the program in `tree`, and stage it as the newest version for `platform`.

        Raises:
            BuildRefused: clients would not take it.
        """
        targets = self._read(Targets).signed.targets
        if parse_version(version) is None or release_name(platform, version) in targets:
            raise BuildRefused(f"{version} is released already or is no version such as 1.3.0; choose a new one.")
        now = self._latest(platform)
        if now is not None and not is_newer(version, now.version):
            raise BuildRefused(
                f"{now.version} is released already, so nobody would take {version}; choose a newer one."
            )
        _check_version(tree, version, platform)
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            files = tuple(pool.map(lambda path: self._pack(tree, path), sorted(_files(tree))))
        release, latest = Release(platform, version, files), Latest(version, least, notes)
        try:
            read_release(write_release(release), platform, version)
            read_latest(write_latest(latest))
        except UpdateRefused as exc:
            raise BuildRefused(f"Clients would not take this tree: {exc}") from exc
        for name, words in (
            (release_name(platform, version), write_release(release)),
            (latest_name(platform), write_latest(latest)),
        ):
            path = self._staged / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(words)
        return release

    def sign(self) -> None:
        """Sign what is staged; needs the key of the targets, and `refresh` must follow."""
        metadata = self._read(Targets)
        staged = [path for path in self._staged.rglob("*.json") if path.is_file()]
        for path in staged:
            name = path.relative_to(self._staged).as_posix()
            target = TargetFile.from_file(name, str(path), ["sha256"])
            public = (
                self.public
                / "targets"
                / path.relative_to(self._staged).with_name(f"{target.hashes['sha256']}.{path.name}")
            )
            public.parent.mkdir(parents=True, exist_ok=True)
            public.write_bytes(path.read_bytes())
            metadata.signed.targets[name] = target
        self._publish(metadata, [self._keys.signer(Targets.type)])
        for path in staged:
            path.unlink()

    def refresh(self, days: int = DAYS[Timestamp.type]) -> None:
        """Say anew what is current, for `days`; needs the keys of the snapshot and the timestamp alone."""
        snapshot = self._read(Snapshot) if self._has(Snapshot.type) else Metadata(Snapshot())
        snapshot.signed.meta["targets.json"] = MetaFile(self._read(Targets).signed.version)
        self._publish(snapshot, [self._keys.signer(Snapshot.type)])
        timestamp = self._read(Timestamp) if self._has(Timestamp.type) else Metadata(Timestamp())
        timestamp.signed.snapshot_meta = MetaFile(snapshot.signed.version)
        self._publish(timestamp, [self._keys.signer(Timestamp.type)], days)

    def rotate(self, role: str) -> None:
        """Give `role` a new key, which clients learn from the next root; `refresh` must follow."""
        root = self._read(Root)
        before = self._keys.signer(Root.type)
        signers = [before]
        for key in list(root.signed.roles[role].keyids):
            root.signed.revoke_key(key, role)
        root.signed.add_key(self._keys.make(role), role)
        if role == Root.type:
            # Clients trust a new root when the old one's key has signed it, too.
            signers.append(self._keys.signer(role))
        self._publish(root, signers)
        if role == Targets.type:
            self._publish(self._read(Targets), [self._keys.signer(role)])

    def _latest(self, platform: str) -> Latest | None:
        target = self._read(Targets).signed.targets.get(latest_name(platform))
        if target is None:
            return None
        name = Path(latest_name(platform))
        return read_latest(
            (self.public / "targets" / name.with_name(f"{target.hashes['sha256']}.{name.name}")).read_bytes()
        )

    def _pack(self, tree: Path, path: Path) -> ReleaseFile:
        name = path.relative_to(tree).as_posix()
        if path.is_symlink():
            return ReleaseFile(name, link=path.readlink().as_posix())
        mode = 0o755 if path.stat().st_mode & 0o100 else 0o644
        digest = _digest(path)
        blob = self.public / blob_name(digest)
        if not blob.exists():
            blob.parent.mkdir(parents=True, exist_ok=True)
            part = blob.with_name(f"{hashlib.sha256(name.encode()).hexdigest()}.part")
            with path.open("rb") as source, lzma.open(part, "wb", preset=PRESET) as packed:
                while block := source.read(BLOCK_BYTES):
                    packed.write(block)
            part.replace(blob)
        return ReleaseFile(name, mode, path.stat().st_size, digest, blob.stat().st_size, _digest(blob))

    def _publish(self, metadata: Metadata[Signed], signers: Sequence[CryptoSigner], days: int | None = None) -> None:
        """Write the next version of `metadata`, signed."""
        role = metadata.signed.type
        today = datetime.datetime.fromisoformat(utc_now_iso())
        if self._has(role):
            metadata.signed.version += 1
        metadata.signed.expires = today + datetime.timedelta(days=DAYS[role] if days is None else days)
        for i, signer in enumerate(signers):
            metadata.sign(signer, append=i > 0)
        name = f"{role}.json" if role == Timestamp.type else f"{metadata.signed.version}.{role}.json"
        path = self._metadata / name
        part = path.with_suffix(".part")
        metadata.to_file(str(part))
        part.replace(path)

    def _has(self, role: str) -> bool:
        return any(self._metadata.glob(f"*{role}.json"))

    def _read(self, kind: type[Signed]) -> Metadata[Signed]:
        """The newest metadata of a role."""
        role = kind.type
        found = [path for path in self._metadata.glob(f"*{role}.json") if path.name.split(".")[0].isdigit()]
        path = max(found, key=lambda one: int(one.name.split(".")[0]), default=self._metadata / f"{role}.json")
        if not path.exists():
            raise BuildRefused(f"{self.public} holds no repository yet; run `init`.")
        metadata: Metadata[Signed] = Metadata.from_file(str(path))
        return metadata


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; gives its exit code."""
    asked = _parser().parse_args(arguments)
    folder, keys = asked.repository.resolve(), asked.keys.resolve()
    repository = Repository(folder, Keys(keys, _password))
    if keys.is_relative_to(folder):
        _say("Keys must not lie within the repository; choose another folder with --keys.")
        return 1
    try:
        match asked.command:
            case "init":
                repository.init()
            case "add":
                release = repository.add(
                    asked.tree, asked.version, asked.platform, least=asked.least, notes=asked.notes
                )
                packed = sum(file.packed_bytes for file in release.files)
                _say(f"{len(release.files)} files, {packed / 1e6:.1f} MB packed; now run sign")
            case "sign":
                repository.sign()
                _say("Signed; now run refresh")
            case "refresh":
                repository.refresh()
            case _:
                repository.rotate(asked.role)
                _say("There is a new root; now run refresh")
    except BuildRefused as exc:
        _say(str(exc))
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="installer.release", description=__doc__)
    parser.add_argument("--repository", type=Path, required=True, metavar="DIR")
    parser.add_argument("--keys", type=Path, required=True, metavar="DIR", help="outside of the repository")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("init", help="make the keys and an empty repository")
    one = commands.add_parser("add", help="pack a built program and stage it")
    one.add_argument("tree", type=Path, help="as build/dist/martlive")
    one.add_argument("--version", required=True)
    one.add_argument("--platform", default=this_platform(), help=f"default: {this_platform()}")
    one.add_argument("--least", default="0.0.0", help="older versions are told that they must not be used any more")
    one.add_argument("--notes", default="", help="one line: what is new")
    commands.add_parser("sign", help="sign what is staged (key: targets)")
    commands.add_parser("refresh", help="say anew what is current (keys: snapshot, timestamp); at least weekly")
    one = commands.add_parser("rotate", help="give a role a new key (key: root)")
    one.add_argument("role", choices=ROLES)
    return parser


def _say(sentence: str) -> None:
    Console().print(sentence, highlight=False, markup=False, soft_wrap=True)


def _password(role: str) -> str:
    """The password of a role's key: from MARTLIVE_PASSWORD_ROLE, or asked for."""
    named = os.environ.get(f"MARTLIVE_PASSWORD_{role.upper()}")
    return named if named is not None else getpass.getpass(f"Password for the key of {role}: ")


def _files(tree: Path) -> list[Path]:
    found = [path for path in tree.rglob("*") if path.is_symlink() or not path.is_dir()]
    if strange := [str(path) for path in found if not path.is_symlink() and not path.is_file()]:
        raise BuildRefused("The tree has what is no file; build it anew.", tuple(strange))
    return found


def _check_version(tree: Path, version: str, platform: str) -> None:
    """A program that calls itself otherwise would be fetched by everybody, and given up by everybody."""
    program = tree / "martlive"
    if platform != this_platform() or not program.is_file():
        return
    environment = os.environ | {"MARTLIVE_HANDED_OVER": str(program)}
    command = [str(program), "--version"]
    said = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603 - it is ours
    if said.stdout.split()[-1:] != [version]:
        raise BuildRefused(f"The program in {tree} is not {version}; build it anew.", (said.stdout + said.stderr,))


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


if __name__ == "__main__":
    sys.exit(main())
