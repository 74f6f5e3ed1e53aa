"""Where updates come from: a repository of The Update Framework, trusted by the root that this build carries."""

from __future__ import annotations

import tomllib
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx
from tuf.api.exceptions import (
    BadVersionNumberError,
    DownloadError,
    DownloadHTTPError,
    ExpiredMetadataError,
    RepositoryError,
)
from tuf.ngclient.fetcher import FetcherInterface
from tuf.ngclient.updater import Updater
from typing_extensions import override

from martlive_desktop.adapters.update_manifest import (
    MOST_MANIFEST_BYTES,
    blob_name,
    latest_name,
    read_latest,
    read_release,
    release_name,
)
from martlive_desktop.core.errors import UpdateRefused, UpdateUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from martlive_desktop.adapters.update_manifest import Latest, Release

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
NO_SOURCE = "{folder} does not say where updates are; install MartLive again."
NO_PLACE = "This build has no place to update from; install newer versions the way you installed this one."


@dataclass(frozen=True, slots=True)
class Source:
    """A repository's address and the root of all trust in it."""

    url: str
    root: bytes


def read_source(folder: Path) -> Source:
    """What `source.toml` and `root.json` in `folder` name.

    Raises:
        UpdateUnavailable: they name none, or one that is not safe.
    """
    try:
        url = tomllib.loads((folder / "source.toml").read_text(encoding="utf-8")).get("url", "")
        root = (folder / "root.json").read_bytes() if url else b""
    except (OSError, ValueError, RecursionError) as exc:
        raise UpdateUnavailable(NO_SOURCE.format(folder=folder)) from exc
    if not isinstance(url, str):
        raise UpdateUnavailable(NO_SOURCE.format(folder=folder))
    if not url:
        raise UpdateUnavailable(NO_PLACE)
    if not _is_safe(url):
        raise UpdateUnavailable("Updates must come from an address with https://; correct it in source.toml.")
    return Source(url.rstrip("/"), root)


class UpdateSource:
    """What the repository offers now, each answer checked against its signatures; trust is kept in `folder`."""

    def __init__(self, source: Source, folder: Path, client: httpx.Client) -> None:
        self._url = source.url
        self._folder = folder
        with self._translated():
            folder.mkdir(parents=True, exist_ok=True)
            self._updater = Updater(
                metadata_dir=str(folder),
                metadata_base_url=f"{source.url}/metadata/",
                target_dir=str(folder),
                target_base_url=f"{source.url}/targets/",
                fetcher=_Fetcher(client),
                bootstrap=source.root,
            )

    def latest(self, platform: str) -> Latest:
        """The newest version for `platform`.

        Raises:
            UpdateUnavailable: the repository does not answer, or has nothing for `platform`.
            UpdateRefused: what it says is not signed, is out of date, or older than what it said before.
        """
        raw = self._target(latest_name(platform))
        if raw is None:
            raise UpdateUnavailable(f"There are no updates for this kind of computer ({platform}).")
        return read_latest(raw)

    def release(self, platform: str, version: str) -> Release:
        """The files of `version`; raises as `latest` does."""
        raw = self._target(release_name(platform, version))
        if raw is None:
            raise UpdateUnavailable(f"MartLive {version} is announced but not there yet; try again later.")
        return read_release(raw, platform, version)

    def blob_url(self, sha256: str) -> str:
        """Where the compressed bytes of a file are."""
        return f"{self._url}/{blob_name(sha256)}"

    def _target(self, name: str) -> bytes | None:
        with self._translated():
            found = self._updater.get_targetinfo(name)
            if found is None:
                return None
            if found.length > MOST_MANIFEST_BYTES:
                raise UpdateRefused(f"{name} is far too long for what it should be, so nothing was changed.")
            path = self._folder / "target.json"
            self._updater.download_target(found, str(path))
            return path.read_bytes()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        host = urlsplit(self._url).hostname
        try:
            yield
        except ExpiredMetadataError as exc:
            raise UpdateRefused(
                f"What {host} says of updates is out of date, so nothing was changed; check this computer's clock, or "
                "try again in some days."
            ) from exc
        except BadVersionNumberError as exc:
            raise UpdateRefused(
                f"{host} offers an older state than before, as an attacker would, so nothing was changed; "
                "try again in some days."
            ) from exc
        except RepositoryError as exc:
            raise UpdateRefused(
                f"What {host} offers is not signed by those who make MartLive, so nothing was changed; try again in "
                "another network, or install by hand."
            ) from exc
        except DownloadHTTPError as exc:
            raise UpdateUnavailable(
                f"{host} does not have what it should (status {exc.status_code}); try again later."
            ) from exc
        except DownloadError as exc:
            raise UpdateUnavailable(
                f"Updates cannot be asked for at {host}; check the connection, and the proxy in the settings."
            ) from exc


class _Fetcher(FetcherInterface):
    """Fetches with our client, so that its proxy and time limits hold."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    @override
    def _fetch(self, url: str) -> Iterator[bytes]:
        try:
            with self._client.stream("GET", url) as answer:
                if answer.status_code != httpx.codes.OK:
                    raise DownloadHTTPError("refused", answer.status_code)
                yield from answer.iter_bytes()
        except (httpx.HTTPError, httpx.InvalidURL) as exc:
            raise DownloadError("no answer") from exc


def _is_safe(url: str) -> bool:
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError:
        return False
    is_plain = not (parts.username or parts.password or parts.query or parts.fragment)
    is_readable = url.isascii() and url.isprintable() and not set(url) & set(" \\")
    return (
        bool(host)
        and is_plain
        and is_readable
        and (parts.scheme == "https" or (parts.scheme == "http" and host in LOOPBACK))
    )
