"""The page: all in one file, in its order, the same each time, and no text in it is obeyed."""

import base64
import json
import os
import re
import subprocess
import sys
from hashlib import sha256
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.backtest_builders import daily
from tests.report_runs import RULE, a_run, a_sweep, walks

from adapters.report.encoding import script_json
from adapters.report.render import MOST_CHARTS, render
from sellcore import AverageKind, MovingAverageRule, Timeframe
from sellcore.backtest import Assumptions, Entry, Fill, backtest
from sellcore.errors import NotInstalled

HOSTILE = "</script><script>window.stolen=1</script>\"><img src=x onerror=stolen=1>{{ 7*7 }}'&amp;"
SAME_PAGE = """
from hashlib import sha256
from tests.report_runs import a_run, a_sweep
from adapters.report.render import render
page = render(a_run("A", "B"), title="same", sweep=a_sweep("A", "B"))
print(sha256(page.encode()).hexdigest())
"""


class Elements(HTMLParser):
    """Collects the elements of a page, and its text outside of scripts and styles."""

    def __init__(self, page):
        super().__init__()
        self.found, self.text, self._silent = [], [], False
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))
        self._silent = tag in ("script", "style")

    def handle_endtag(self, tag):
        self._silent = False

    def handle_data(self, data):
        if not self._silent and data.strip():
            self.text.append(data.strip())

    def of(self, tag):
        return [attributes for name, attributes in self.found if name == tag]


@pytest.fixture(scope="module")
def page():
    """Return the page of two tickers and a sweep."""
    return render(
        a_run("NASDAQ:MSFT", "NYSE:KO"),
        title="SMA(20) D on two stocks",
        sweep=a_sweep("NASDAQ:MSFT", "NYSE:KO"),
        luck=["The best of 6 rules may be luck."],
    )


def charts_of(page):
    (text,) = re.findall(r'<script type="application/json" id="charts">(.*?)</script>', page)
    return {chart["id"]: chart for chart in json.loads(text)}


def test_what_a_reader_looks_for_stands_in_its_order(page):
    """Figures first, then pictures, trades, costs, other rules, and what was taken for granted."""
    heads = re.findall(r"<h2>(.*?)(?: <small>|</h2>)", page)

    assert heads == [
        "Equity",
        "Drawdown",
        "NASDAQ:MSFT",
        "NYSE:KO",
        "Trades",
        "Costs",
        "Other rules",
        "What was taken for granted",
    ]
    assert page.index("Headline figures") < page.index("<h2>Equity")


def test_assumptions_warm_up_and_hash_are_on_the_page(page):
    """A result is told with all that it takes for granted."""
    run = a_run("NASDAQ:MSFT", "NYSE:KO")
    text = " ".join(Elements(page).text)

    for line in (*run.assumptions_in_words, run.config_hash, "The best of 6 rules may be luck."):
        assert line in text
    assert "NASDAQ:MSFT 19, NYSE:KO 19" in text


def test_the_page_asks_for_nothing(page):
    """No element names another file or an address, and its policy forbids whatever would."""
    elements = Elements(page)

    for tag in ("script", "img", "link", "iframe", "object", "form", "a", "base"):
        for attributes in elements.of(tag):
            assert not {"src", "href", "action", "data"} & set(attributes), tag
    (policy,) = [each["content"] for each in elements.of("meta") if "http-equiv" in each]
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "http" not in policy
    assert "url(" not in "".join(re.findall(r"<style>(.*?)</style>", page, re.DOTALL))


def test_every_chart_has_its_element_and_every_element_its_chart(page):
    """Ids are given, not drawn by lot: the page of a run is always the same."""
    drawn = {each["id"] for each in Elements(page).of("div") if each.get("class") == "chart"}

    assert drawn == set(charts_of(page))
    assert drawn == {"equity", "drawdown", "price-1", "price-2", "rules"}


def test_each_chart_draws_what_its_place_says(page):
    """Equity goes up from the capital, a drawdown never above none."""
    charts = charts_of(page)

    def values(chart):
        return np.concatenate(
            [
                np.frombuffer(base64.b64decode(trace["y"]["bdata"]), "<f8")
                for trace in charts[chart]["data"]
                if isinstance(trace.get("y"), dict)
            ]
        )

    assert values("equity").min() > 1_000
    assert -1 <= values("drawdown").min() < values("drawdown").max() == 0


def test_a_page_without_a_sweep_has_no_other_rules():
    """What was not asked for is not there."""
    page = render(a_run(), title="alone")

    assert "Other rules" not in page
    assert "rules" not in charts_of(page)


@pytest.mark.parametrize(("lengths", "framed"), [((5, 20), True), ((5, 50), False)])
def test_a_frame_is_told_of_where_there_is_one(lengths, framed):
    """The rule of the page stands out in the map, if it was among those that were swept."""
    page = render(a_run(), title="framed", sweep=a_sweep(lengths=lengths))

    assert ("The rule of this page is framed." in page) is framed
    assert bool(charts_of(page)["rules"]["layout"]["shapes"]) is framed


def test_tickers_with_rules_of_their_own_frame_none():
    """Where each ticker follows another rule, no cell is the page's."""
    rules = {"A": RULE, "B": MovingAverageRule(AverageKind.EMA, 5, Timeframe.DAY)}
    run = backtest(walks("A", "B"), rules)

    page = render(run, title="two rules", sweep=a_sweep("A", "B"))

    assert "2 rules" in page
    assert charts_of(page)["rules"]["layout"]["shapes"] == []


def test_the_same_run_gives_the_same_page_in_any_process():
    """Two processes, two orders of sets and dicts, one page, byte for byte."""
    root = str(Path(__file__).parents[3])
    digests = set()
    for seed in ("1", "2"):
        path = os.pathsep.join([root, os.environ.get("PYTHONPATH", "")])
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": path}
        done = subprocess.run(
            [sys.executable, "-c", SAME_PAGE], env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        digests.add(done.stdout)
    own = render(a_run("A", "B"), title="same", sweep=a_sweep("A", "B"))

    assert digests == {sha256(own.encode()).hexdigest() + "\n"}


def test_names_that_look_like_markup_are_shown_as_they_are():
    """A ticker, a title or a line of others ends no element and begins none."""
    plain = render(a_run(), title="plain")
    run = backtest({HOSTILE: walks("T")["T"]}, RULE)

    page = render(run, title=HOSTILE, luck=[HOSTILE])

    elements = Elements(page)
    assert len(elements.of("script")) == len(Elements(plain).of("script")) == 4
    assert elements.of("img") == []
    assert HOSTILE in elements.text
    assert "<script>window.stolen" not in page
    assert f"<title>{HOSTILE}" not in page
    assert f"<title>{HOSTILE}</title>" in unescape(page)


def test_a_name_that_is_no_text_does_not_keep_the_page_from_being_written():
    """A lone surrogate, as a file name may bring one, is shown as its number."""
    run = backtest({"T\udc80": daily([100.0 + row % 7 for row in range(60)])}, RULE)

    assert "T\\udc80" in render(run, title="x").encode("utf-8").decode("utf-8")


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.floats(0.01, 1e6), min_size=20, max_size=60),
    st.sampled_from(Entry),
    st.sampled_from(Fill),
    st.floats(1.0, 1e9),
)
def test_every_account_has_a_page(closes, entry, fill, capital):
    """Whether it traded or not, rose or was ruined: a figure that is none is a dash, no fault."""
    given = Assumptions(entry=entry, fill=fill, capital=capital, allow_jumps=True)
    run = backtest({"T": daily(closes)}, RULE, given)

    page = render(run, title="any")

    text = " ".join(Elements(page).text)
    assert set(charts_of(page)) == {"equity", "drawdown", "price-1"}
    assert not re.search(r"\b(nan|inf|None)\b", text)
    assert ("Nothing was sold." in text) == (not run.trades)


def test_of_many_tickers_those_are_drawn_that_moved_most():
    """A page of hundreds of pictures is not read; what is left out is said."""
    names = [f"T{number:02}" for number in range(MOST_CHARTS + 3)]
    run = a_run(*names, count=60)
    moved = {
        ticker: abs(part.realised[-1] + part.unrealised[-1])
        for ticker, part in run.curve.tickers.items()
    }

    page = render(run, title="many")

    drawn = re.findall(r"<h2>(T\d\d) <small>", page)
    assert drawn == [n for n in names if n in sorted(names, key=moved.get)[-MOST_CHARTS:]]
    assert "Prices are drawn of the 12 tickers of 15 that earned or lost most." in page
    assert page.count('<th scope="row">T') >= len(names)


texts = st.recursive(
    st.text() | st.floats(allow_nan=False, allow_infinity=False) | st.booleans(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(texts)
def test_nothing_in_a_script_can_end_it(value):
    """Whatever is told, it reads back as it was, and holds no bracket that a parser would see."""
    written = script_json(value)

    assert json.loads(written) == value
    assert not set("<>&\u2028\u2029") & set(written)
    assert written.isascii()


@given(st.lists(st.floats(), max_size=30))
def test_numbers_of_a_chart_are_told_to_the_last_bit(values):
    """Arrays travel as their bytes."""
    told = json.loads(script_json(np.array(values, dtype=np.float64)))

    read = np.frombuffer(base64.b64decode(told["bdata"]), "<f8")
    assert np.array_equal(read, np.array(values, dtype=np.float64), equal_nan=True)
    assert told["dtype"] == "f8"


def test_times_are_told_in_milliseconds():
    """Which is what plotly counts in."""
    moments = np.array([0, 1_583_159_400]).astype("datetime64[s]")

    told = json.loads(script_json(moments))

    assert told == json.loads(script_json(np.array([0.0, 1_583_159_400_000.0])))


def test_a_table_of_numbers_keeps_its_shape():
    """Rows and columns are told beside the bytes."""
    assert json.loads(script_json(np.zeros((2, 3))))["shape"] == "2, 3"


def test_no_word_of_plotly_can_end_its_script(monkeypatch):
    """Another version may hold what a parser takes for the end; the hash is of what is read."""
    monkeypatch.setattr("plotly.offline.get_plotlyjs", lambda: "var end = '</script>';\r\nplot()")

    page = render(a_run(count=60), title="plotly")

    script = "var end = '<\\/script>';\nplot()"
    assert f"<script>{script}</script>" in page
    told = base64.b64encode(sha256(script.encode()).digest()).decode()
    assert f"sha256-{told}" in unescape(page)


@pytest.mark.parametrize(("module", "package"), [("plotly.offline", "plotly"), ("jinja2",) * 2])
def test_a_missing_package_is_told_in_one_line(monkeypatch, module, package):
    """The extra that brings it is named."""
    monkeypatch.setitem(sys.modules, module, None)

    with pytest.raises(NotInstalled, match=f"the report needs {package} .*sellcli.report"):
        render(a_run(), title="x")
