"""The notebook of the manual: it runs, and shows what stands in it."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TUTORIALS = ROOT / "docs" / "tutorials"
NOTEBOOK = TUTORIALS / "backtest-your-holdings.ipynb"
CHART = "application/vnd.plotly.v1+json"

pytest.importorskip("nbclient", reason="the extra [dev] is not installed")


def cells_of(file):
    return json.loads(file.read_text(encoding="utf-8"))["cells"]


def shown(cells):
    """Return what each cell shows: printed lines and tables as text, a chart as its kinds."""
    return [
        [
            "".join(output["text"])
            if output["output_type"] == "stream"
            else [trace["type"] for trace in output["data"][CHART]["data"]]
            if CHART in output["data"]
            else "".join(output["data"]["text/plain"])
            for output in cell.get("outputs", ())
        ]
        for cell in cells
    ]


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """Return the cells of the notebook after a run in a process and a folder of its own."""
    file = tmp_path_factory.mktemp("notebook") / "ran.ipynb"
    words = [sys.executable, str(ROOT / "scripts" / "run_notebook.py"), str(NOTEBOOK), str(file)]
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    return cells_of(file)


def test_the_notebook_runs_and_shows_what_stands_in_it(ran):
    """A reader who runs it sees the numbers that the file has; run_notebook.py renews them."""
    assert shown(ran) == shown(cells_of(NOTEBOOK))


def test_it_goes_from_bars_to_luck_with_charts(ran):
    """Bars, figures, prices, costs, every rule, and whether the best of them is luck."""
    told = [output for outputs in shown(ran) for output in outputs]
    texts = "\n".join(text for text in told if isinstance(text, str))

    assert [kinds[0] for kinds in told if isinstance(kinds, list)] == [
        "scatter",
        "scatter",
        "heatmap",
    ]
    assert "1,512 days and 10,548 hours" in texts
    assert re.search(r"better than chance with a probability of \d+%", texts)
    assert "report.html" in texts


def test_it_is_short_and_small():
    """Fewer than twenty cells, and outputs that a repository can hold."""
    assert len(cells_of(NOTEBOOK)) < 20
    assert NOTEBOOK.stat().st_size < 400_000


def test_it_names_no_machine():
    """What stands in the file says nothing of where it was run."""
    assert not re.search(r"/(?:work|root|home/\w+|tmp)/", NOTEBOOK.read_text(encoding="utf-8"))


def test_every_link_of_the_notebook_leads_somewhere():
    """Its pages are there, and the index leads to it."""
    texts = ["".join(c["source"]) for c in cells_of(NOTEBOOK) if c["cell_type"] == "markdown"]
    links = [link for text in texts for link in re.findall(r"\]\(([^)\s]+)\)", text)]

    assert len(links) > 3
    for link in links:
        assert (TUTORIALS / link.partition("#")[0]).is_file(), link
    assert f"(tutorials/{NOTEBOOK.name})" in (ROOT / "docs" / "index.md").read_text("utf-8")
