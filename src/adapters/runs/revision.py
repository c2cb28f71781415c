"""Which program this is: its version, and its commit where it runs from a checkout."""

import os
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from attrs import frozen

import sellcore

_PATIENCE = 10.0
"""Seconds that git may take; on a slow network drive it may never answer."""


@frozen
class Revision:
    """
    The program that made a run.

    Attributes:
        version: As installed.
        git_sha: The commit checked out, 40 hexadecimal digits; None where the program
            is no checkout, or git is not there.
        modified: Whether the program's files differ from that commit.
    """

    version: str
    git_sha: str | None
    modified: bool

    def __str__(self) -> str:
        if self.git_sha is None:
            return self.version
        return f"{self.git_sha[:7]}{'-modified' if self.modified else ''}"


def revision() -> Revision:
    """Return which program runs."""
    try:
        installed = version("sellcli")
    except PackageNotFoundError:
        installed = "unknown"
    source = Path(str(sellcore.__file__)).resolve().parents[1]
    # A package that is installed below somebody else's checkout is not part of that.
    if _git(source, "ls-files", "--error-unmatch", "sellcore/__init__.py") is None:
        return Revision(installed, None, modified=False)
    sha = _git(source, "rev-parse", "HEAD")
    changed = _git(source, "status", "--porcelain", "--", ".")
    return Revision(installed, sha, modified=sha is not None and bool(changed))


def _git(folder: Path, *words: str) -> str | None:
    """Return what git says, or None where it cannot be asked or says no."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    try:
        done = subprocess.run(  # noqa: S603 - fixed words, no shell
            ["git", *words],  # noqa: S607 - whichever git the user has
            cwd=folder,
            env=clean,
            capture_output=True,
            text=True,
            timeout=_PATIENCE,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
