"""The kill switch as a file: while it is there, nothing is sold."""

import stat
from pathlib import Path

from adapters.atomic_file import not_stored, replace_file, sync_folder
from sellcore.errors import StorageError
from sellcore.plain_text import one_line, system_words

NAME = "halt"
"""The file's name, below the state directory."""

NO_REASON = "no reason was given"

_LONGEST = 200


class KillFile:
    """
    The kill switch port over one file; its text is the reason.

    Any process and any person may make or delete it, by hand too.

    Args:
        state_dir: The folder of what must outlive a restart.
    """

    def __init__(self, state_dir: Path) -> None:
        self.path = state_dir / NAME

    def thrown(self) -> str | None:
        """Return the reason; that the file cannot be read is one as well."""
        try:
            kind = self.path.lstat().st_mode
            if stat.S_ISLNK(kind):
                kind = self.path.stat().st_mode
            if not stat.S_ISREG(kind):  # to open a pipe would wait for ever
                return f"{self.path} is there, and is no file"
            with self.path.open("rb") as file:
                text = file.read(4 * _LONGEST).decode(errors="replace")
        except FileNotFoundError:
            return self._gone()
        except OSError as error:
            return f"{self.path} cannot be read: {system_words(error)}"
        return one_line(text, _LONGEST) or NO_REASON

    def _gone(self) -> str | None:
        # A link that leads nowhere was put there by somebody, too.
        return f"{self.path} leads nowhere" if self.path.is_symlink() else None

    def throw(self, reason: str) -> None:
        """
        Halt all selling, durably; what was there before is replaced.

        Raises:
            StorageError: the file could not be written.
        """
        replace_file(self.path, f"{one_line(reason, _LONGEST) or NO_REASON}\n".encode())

    def release(self) -> None:
        """
        Let selling go on; nothing to do where it is not halted.

        Raises:
            StorageError: the file is still there.
        """
        try:
            self.path.unlink(missing_ok=True)
            if self.path.parent.is_dir():
                sync_folder(self.path.parent)
        except OSError as error:
            if self.thrown() is None:
                raise not_stored(self.path, error) from error
            cause = system_words(error)
            raise StorageError(
                f"cannot remove {self.path}: {cause}; remove it by hand, selling stays halted"
            ) from error
