"""The errors of MartLive.

Each says in one sentence what to do, in words for the user; facts are fields.

    MartLiveError
    |-- UsageError              the command line asks for what cannot be (exit code 2)
    |-- PlanInvalid             line, field
    |-- SettingsInvalid         field
    |-- MediaUnreadable         path
    |-- MicrophoneUnavailable   device, is_taken: another program holds it
    |-- ModelMissing            name
    |-- ModelDamaged            name, file
    |-- DownloadInterrupted     url
    |-- DownloadDamaged         url
    |-- ComponentMissing        name: libraries for a graphics card that are not on this computer
    |-- ComponentDamaged        name, file
    |-- RecogniserUnavailable
    |-- ScreenUnavailable       what is to be watched cannot be seen
    |-- ObsUnavailable          OBS does not run, or does not let MartLive look
    |-- KeyringUnavailable      the system keeps no passwords, or keeps them locked
    |-- StoreUnavailable        the session cannot be written or read
    |-- SessionNotFound         id
    |-- SessionFileUnusable     path: the zip of a session that cannot be taken in (exit code 2)
    |-- RemoteError             the remote coach
    |   |-- RemoteRefused       status, problem, is_retryable, retry_after_s: it answers, and says no
    |   `-- RemoteUnavailable   step: it does not answer, or not as expected
    |-- UpdateUnavailable       there is no place to update from, it does not answer, or another update runs
    |-- UpdateRefused           what it offers cannot be trusted, or does not work here; nothing was changed
    `-- AlreadyRunning
"""

from __future__ import annotations


class MartLiveError(Exception):
    """Something the user can do something about; `str(error)` is the sentence that says what.

    `exit_code` is what a command ends with: 1 for could not, 2 for wrong usage.
    """

    exit_code = 1


class UsageError(MartLiveError):
    """The command was asked for something that cannot be."""

    exit_code = 2


class PlanInvalid(MartLiveError):
    """A show plan that cannot be used."""

    exit_code = 2

    def __init__(self, sentence: str, *, line: int | None = None, field: str = "") -> None:
        super().__init__(sentence)
        self.line = line
        self.field = field


class SettingsInvalid(MartLiveError):
    """A settings file that cannot be used."""

    exit_code = 2

    def __init__(self, sentence: str, *, field: str = "") -> None:
        super().__init__(sentence)
        self.field = field


class MediaUnreadable(MartLiveError):
    """A recording that cannot be opened or has no sound."""

    def __init__(self, sentence: str, *, path: str) -> None:
        super().__init__(sentence)
        self.path = path


class MicrophoneUnavailable(MartLiveError):
    """No microphone, or one that the system does not let us open."""

    def __init__(self, sentence: str, *, device: str = "", is_taken: bool = False) -> None:
        super().__init__(sentence)
        self.device = device
        self.is_taken = is_taken


class ModelMissing(MartLiveError):
    """A model that is not on this computer."""

    def __init__(self, sentence: str, *, name: str) -> None:
        super().__init__(sentence)
        self.name = name


class ModelDamaged(MartLiveError):
    """A model file whose bytes are not those of the manifest."""

    def __init__(self, sentence: str, *, name: str, file: str) -> None:
        super().__init__(sentence)
        self.name = name
        self.file = file


class DownloadInterrupted(MartLiveError):
    """A download that stopped; what arrived is kept for the next try."""

    def __init__(self, sentence: str, *, url: str) -> None:
        super().__init__(sentence)
        self.url = url


class DownloadDamaged(MartLiveError):
    """A download whose bytes are not those that were wanted; they are deleted."""

    def __init__(self, sentence: str, *, url: str) -> None:
        super().__init__(sentence)
        self.url = url


class ComponentMissing(MartLiveError):
    """A component that is not on this computer."""

    def __init__(self, sentence: str, *, name: str) -> None:
        super().__init__(sentence)
        self.name = name


class ComponentDamaged(MartLiveError):
    """A component's archive or file that is not what it must be."""

    def __init__(self, sentence: str, *, name: str, file: str) -> None:
        super().__init__(sentence)
        self.name = name
        self.file = file


class RecogniserUnavailable(MartLiveError):
    """The speech recogniser keeps stopping."""


class ScreenUnavailable(MartLiveError):
    """What is to be watched is not there, or cannot be seen."""


class ObsUnavailable(MartLiveError):
    """OBS does not answer, or not as expected."""


class KeyringUnavailable(MartLiveError):
    """The system's keyring is not there, or stays locked."""


class StoreUnavailable(MartLiveError):
    """The folder of sessions cannot be written or read."""


class SessionNotFound(MartLiveError):
    """No session has this id."""

    def __init__(self, sentence: str, *, session_id: str) -> None:
        super().__init__(sentence)
        self.session_id = session_id


class SessionFileUnusable(MartLiveError):
    """The zip of a session that cannot be taken in."""

    exit_code = 2

    def __init__(self, sentence: str, *, path: str) -> None:
        super().__init__(sentence)
        self.path = path


class RemoteError(MartLiveError):
    """The remote coach cannot be used."""


class RemoteRefused(RemoteError):
    """The remote coach answers, and says no."""

    def __init__(
        self,
        sentence: str,
        *,
        status: int,
        problem: str,
        is_retryable: bool = False,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(sentence)
        self.status = status
        """Of HTTP; 0: it came over a stream."""
        self.problem = problem
        """The stable name of the problem, as `quota-exceeded`; empty: it did not say."""
        self.is_retryable = is_retryable
        self.retry_after_s = retry_after_s


class RemoteUnavailable(RemoteError):
    """The remote coach does not answer, or something else does in its place."""

    def __init__(self, sentence: str, *, step: str) -> None:
        super().__init__(sentence)
        self.step = step
        """What failed: `address`, `tls`, `version`, `time`, or `rest` while it is left alone for a moment."""


class UpdateUnavailable(MartLiveError):
    """There is no place to update from, it does not answer, or another update runs."""


class UpdateRefused(MartLiveError):
    """What is offered as an update cannot be trusted, or does not work on this computer; nothing was changed."""


class AlreadyRunning(MartLiveError):
    """Another MartLive of this user is running."""
