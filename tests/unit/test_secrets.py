"""Passwords in the system's keyring."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.backends.fail import Keyring as NoKeyring
from keyring.errors import KeyringLocked, PasswordDeleteError
from typing_extensions import override

from martlive_desktop.adapters.secrets import find_secret, forget_secret, read_secret, write_secret
from martlive_desktop.core.errors import KeyringUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class FakeKeyring(KeyringBackend):
    """A keyring in memory; with a `trouble` it raises that."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # keyring's own
        self.kept: dict[tuple[str, str], str] = {}
        self.trouble: Exception | None = None

    def _look(self) -> dict[tuple[str, str], str]:
        if self.trouble:
            raise self.trouble
        return self.kept

    @override
    def get_password(self, service: str, username: str) -> str | None:
        return self._look().get((service, username))

    @override
    def set_password(self, service: str, username: str, password: str) -> None:
        self._look()[service, username] = password

    @override
    def delete_password(self, service: str, username: str) -> None:
        if self._look().pop((service, username), None) is None:
            raise PasswordDeleteError


@pytest.fixture
def ring() -> Iterator[FakeKeyring]:
    before, fake = keyring.get_keyring(), FakeKeyring()
    keyring.set_keyring(fake)
    yield fake
    keyring.set_keyring(before)


@pytest.fixture(params=["none", "locked", "its bus is gone"])
def _no_ring(request: pytest.FixtureRequest, ring: FakeKeyring) -> None:
    ring.trouble = {"locked": KeyringLocked("no"), "its bus is gone": ConnectionResetError("bus")}.get(request.param)
    if request.param == "none":
        keyring.set_keyring(NoKeyring())  # type: ignore[no-untyped-call]  # keyring's own


def test_secret_is_kept_under_the_program_s_name(ring: FakeKeyring) -> None:
    write_secret("obs", "peach")
    assert ring.kept == {("martlive", "obs"): "peach"}
    assert read_secret("obs") == "peach"


def test_secret_that_was_never_kept_is_none(ring: FakeKeyring) -> None:
    assert read_secret("obs") is None


def test_forgotten_secret_is_gone_and_may_be_forgotten_twice(ring: FakeKeyring) -> None:
    write_secret("obs", "peach")
    forget_secret("obs")
    forget_secret("obs")
    assert ring.kept == {}


@pytest.mark.usefixtures("_no_ring")
def test_without_a_keyring_nothing_is_read_and_keeping_says_so(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    assert read_secret("obs") is None
    attempts: tuple[Callable[[], object], ...] = (
        lambda: write_secret("obs", "peach"),
        lambda: forget_secret("obs"),
        lambda: find_secret("obs"),
    )
    for attempt in attempts:
        with pytest.raises(KeyringUnavailable) as caught:
            attempt()
        assert str(caught.value) == "Your system keeps no passwords for MartLive; type it again next time."
    assert "peach" not in caplog.text
