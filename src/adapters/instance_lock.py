"""One process per mode and account, across processes."""

import hashlib
import json
import os
import re
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from types import TracebackType

from filelock import FileLock, Timeout

from adapters.atomic_file import not_stored, replace_file
from sellcore.errors import AnotherRuns, InvalidValue, StorageError
from sellcore.instant import iso
from sellcore.order import Mode

LOCK = "lock"
HOLDER = "holder.json"
"""Who holds the lock, for people; the lock itself is what counts."""

_PLAIN = re.compile(r"[A-Z0-9]{1,32}")


def state_folder(state_dir: Path, mode: Mode, account: str) -> Path:
    """
    Return the folder of one mode and account, below the state directory.

    Two accounts never share one, on no file system, whatever their ids hold. An
    id of the broker's shape keeps its name: ``paper-DU0000001``.

    Raises:
        InvalidValue: the account has no id.
    """
    if not account:
        raise InvalidValue("an account without an id has no folder; name the account")
    if _PLAIN.fullmatch(account):
        return state_dir / f"{mode}-{account}"
    # No dash occurs in a plain id, so this can never be the folder of one.
    readable = re.sub(r"[^A-Za-z0-9]+", "_", account)[:24].strip("_")
    number = hashlib.sha256(account.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return state_dir / f"{mode}-{readable}-{number}"


def folder_of_gateway(gateway: str) -> Path:
    """
    Return the folder of what all programs of this person that use one gateway share.

    It does not hang on the working directory: two that run in two folders meet here.

    Args:
        gateway: ``HOST:PORT``.

    Raises:
        StorageError: nobody knows where this person's files lie.
    """
    try:
        home = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
    except RuntimeError as error:
        raise StorageError(f"{str(error).lower()}; set XDG_STATE_HOME to a local folder") from error
    here = re.sub(r"^(localhost|::1)(?=:\d+$)", "127.0.0.1", gateway.lower())
    return home / "sellcli" / re.sub(r"[^a-z0-9.]+", "-", here)


class InstanceLock:
    """
    Holds the lock of one mode and account until it is released or the process ends.

    Args:
        state_dir: The folder of what must outlive a restart.
        mode: Dry-run, paper or live.
        account: The account's id.
        now: Since when, told to whoever is refused.

    Raises:
        AnotherRuns: another process has it.
        StorageError: the folder cannot be written.
    """

    def __init__(self, state_dir: Path, mode: Mode, account: str, now: datetime) -> None:
        self.folder = state_folder(state_dir, mode, account)
        self._lock = FileLock(self.folder / LOCK)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._lock.acquire(blocking=False)
        except Timeout:
            raise AnotherRuns(
                f"another sellcli runs for account {account!r} in mode {mode}"
                f"{_holder(self.folder / HOLDER)}; end that one first, two would sell twice"
            ) from None
        except OSError as error:
            raise not_stored(self.folder / LOCK, error) from error
        except NotImplementedError as error:
            raise StorageError(
                f"the file system of {self.folder} has no locks; set state_dir to a local folder"
            ) from error
        with ExitStack() as unless_noted:
            unless_noted.callback(self.release)
            about = {"pid": os.getpid(), "since": iso(now)}
            replace_file(self.folder / HOLDER, json.dumps(about).encode())
            unless_noted.pop_all()

    def release(self) -> None:
        """Let another process have it."""
        self._lock.release()

    def __enter__(self) -> "InstanceLock":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()


def _holder(path: Path) -> str:
    """Return who holds the lock, as far as that can be read."""
    try:
        about = json.loads(path.read_bytes()[:1000])
        pid, since = about["pid"], datetime.fromisoformat(about["since"])
        if not isinstance(pid, int):
            return ""
        return f" (process {pid}, since {iso(since)})"
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return ""
