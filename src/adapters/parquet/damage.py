"""Files that do not hold what they should."""

from pathlib import Path

from attrs import frozen

from sellcore.errors import StorageError


class Damaged(Exception):
    """What a file holds cannot be used; the message is the reason, without its name."""


@frozen
class Damage:
    """
    A file that is to be set aside.

    Attributes:
        path: The file.
        reason: Why, in words that fit behind "it".
        there: False when the file is missing where one must be.
    """

    path: Path
    reason: str
    there: bool = True

    def __str__(self) -> str:
        return f"{self.path} {self.reason}"


def too_new(path: Path, version: int, known: int) -> StorageError:
    """Return the error for a file of a later program; it is left exactly as it is."""
    return StorageError(
        f"{path} has schema version {version}, this sellcli knows {known}; "
        "upgrade sellcli, or use another folder (--cache-dir)"
    )
