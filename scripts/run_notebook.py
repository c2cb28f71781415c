"""
Run the notebook of the manual, and keep what it shows in it.

    python scripts/run_notebook.py docs/tutorials/backtest-your-holdings.ipynb

Run it after a change of the notebook, or of what it uses, and commit what it writes;
tests/integration/test_notebook.py runs it and compares.
"""

import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
from nbclient import NotebookClient

_SECONDS = 120
"""No cell may take longer."""

_ENVIRONMENT = {
    "PLOTLY_RENDERER": "plotly_mimetype",  # a chart as its numbers, without plotly's own script
    "PYTHONUTF8": "1",
}


def main() -> None:
    """Run the notebook that is named first; write to the file that is named second, if one is."""
    source, target = Path(sys.argv[1]), Path(sys.argv[-1])
    notebook = nbformat.read(source, as_version=4)
    with TemporaryDirectory() as folder:
        run(notebook, folder)
    target.write_text(nbformat.writes(notebook) + "\n", encoding="utf-8")


def run(notebook: nbformat.NotebookNode, folder: str) -> None:
    """Run every cell, in a folder that is empty; an error in a cell is raised here."""
    os.environ.update(_ENVIRONMENT)
    client = NotebookClient(
        notebook,
        timeout=_SECONDS,
        resources={"metadata": {"path": folder}},
        record_timing=False,
        coalesce_streams=True,  # how output is cut into messages differs from run to run
    )
    client.execute()
    # What says how it was run, and would differ at the next.
    notebook.metadata["language_info"] = {"name": "python"}


if __name__ == "__main__":
    main()
