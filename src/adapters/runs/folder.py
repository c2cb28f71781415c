"""A run's folder: it is there whole or not at all, and what lies in it is never changed."""

import os
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

from attrs import frozen

from adapters.atomic_file import not_stored, replace_file, sync, sync_folder
from sellcore.errors import StorageError


@frozen
class StoredRun:
    """
    A run on disk.

    Attributes:
        folder: Where it lies.
        is_new: False where the same run lay there before.
    """

    folder: Path
    is_new: bool


def store_run(
    runs: Path, run_id: str, files: Mapping[str, bytes], added: Iterable[str] = ()
) -> StoredRun:
    """
    Write a run below ``runs``; one that lies there already is compared and left as it is.

    Args:
        runs: The folder of all runs; made where there is none.
        run_id: Names the run's folder.
        files: What lies in it, by name.
        added: Names of files that may come later: they are written into a run that
            lies there without them.

    Raises:
        StorageError: nothing was written, or another run lies there under that name.
    """
    folder = runs / run_id
    try:
        if not folder.is_dir() and _written(folder, files):
            return StoredRun(folder, is_new=True)
        late = {name for name in added if name in files and not (folder / name).exists()}
        _compare(folder, {name: data for name, data in files.items() if name not in late})
        for name in sorted(late):
            replace_file(folder / name, files[name])
    except OSError as error:
        raise not_stored(folder, error) from error
    return StoredRun(folder, is_new=False)


def _written(folder: Path, files: Mapping[str, bytes]) -> bool:
    """Write a folder beside its place, and move it there; False where one has come meanwhile."""
    made = _make(folder.parent)
    draft = folder.with_name(f".{folder.name}.{os.urandom(4).hex()}.tmp")
    try:
        draft.mkdir()
        for name, data in files.items():
            with (draft / name).open("xb") as file:
                file.write(data)
                file.flush()
                sync(file.fileno())
        sync_folder(draft)
        try:
            draft.rename(folder)
        except OSError:
            if not folder.is_dir():
                raise
            return False
        sync_folder(folder.parent)
        return True
    finally:
        # Gone already unless something failed, Ctrl-C included.
        shutil.rmtree(draft, ignore_errors=True)
        if not folder.exists():
            _remove(made)


def _make(runs: Path) -> list[Path]:
    """Make a folder and those above it; return which were made, the innermost first."""
    missing = [each for each in (runs, *runs.parents) if not each.exists()]
    made: list[Path] = []
    try:
        for each in reversed(missing):
            each.mkdir(exist_ok=True)
            made.insert(0, each)
    except OSError:
        _remove(made)
        raise
    return made


def _remove(folders: Iterable[Path]) -> None:
    for each in folders:
        try:
            each.rmdir()
        except OSError:  # somebody else has put something there
            return


def _compare(folder: Path, files: Mapping[str, bytes]) -> None:
    for name, data in files.items():
        path = folder / name
        if not path.is_file():
            raise StorageError(
                f"{folder} is there and lacks {name}; a run is never changed: move that folder away"
            )
        if path.read_bytes() != data:
            raise StorageError(
                f"{path} is there and differs from this run; a run is never changed: "
                "move that folder away"
            )
