"""The report in a real browser: drawn, within bounds, by day and by night, asking for nothing."""

import base64
from contextlib import ExitStack

import pytest
from tests.chromium import FOUND, browser
from tests.report_runs import REENTERING, RULE, a_run, a_sweep, walks

from adapters.report.render import render
from sellcore.backtest import backtest
from sellcore.charts.palette import DARK, LIGHT

pytestmark = pytest.mark.skipif(FOUND is None, reason="no Chromium is installed")

WIDE, PHONE = (1280, 900), (400, 800)
HOSTILE = '</script><script>window.stolen=1</script><img src=x onerror="window.stolen=1"><b>T'
LONG = "NASDAQ:" + "W" * 90
CHARTS = {"equity": 2, "drawdown": 2, "price-1": 5, "price-2": 5, "rules": 1}
"""The charts of the page, and how many lines, sets of marks or maps each has."""

DRAWN = """
Object.fromEntries([...document.querySelectorAll(".chart")].map((chart) => [
  chart.id,
  chart.querySelectorAll(".scatterlayer .trace, .heatmaplayer .hm image").length,
]))
"""
STICKING_OUT = """
[...document.querySelectorAll("main *")]
  .filter((each) => !each.closest(".table, .chart svg"))
  .filter((each) => each.getBoundingClientRect().right > innerWidth + 0.5)
  .map((each) => each.outerHTML.slice(0, 80))
"""
COLOURS = """
new Promise((told, failed) => {
  const image = new Image();
  image.onerror = failed;
  image.onload = () => {
    const canvas = new OffscreenCanvas(image.width, image.height).getContext("2d");
    canvas.drawImage(image, 0, 0);
    const bytes = canvas.getImageData(0, 0, image.width, image.height).data;
    const counts = new Map();
    for (const pixel of new Uint32Array(bytes.buffer)) {
      counts.set(pixel, (counts.get(pixel) || 0) + 1);
    }
    told([counts.size, Math.max(...counts.values()) / (bytes.length / 4)]);
  };
  image.src = "data:image/png;base64,%s";
})
"""


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """Return an open browser."""
    with ExitStack() as stack:
        yield stack.enter_context(browser(tmp_path_factory.mktemp("profile")))


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """Return the file of a page with everything on it."""
    tickers = ("NASDAQ:MSFT", "NYSE:KO")
    text = render(
        a_run(*tickers), title="SMA(20) D on two stocks", sweep=a_sweep(*tickers), luck=["Luck?"]
    )
    return written(tmp_path_factory, text)


def written(tmp_path_factory, text):
    file = tmp_path_factory.mktemp("run") / "report.html"
    file.write_text(text, encoding="utf-8")
    return file


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_every_chart_is_drawn_and_nothing_sticks_out(page, report, size, dark):
    """On a desk and on a phone, by day and by night, all is there and within the window."""
    page.open(report, *size, dark=dark)

    assert page.faults == []
    assert page.run(DRAWN) == CHARTS
    assert page.run("document.documentElement.scrollWidth") == size[0]
    assert page.run(STICKING_OUT) == []


def test_the_page_asks_for_no_address(page, report):
    """It is the file alone, and pictures that it makes itself."""
    page.open(report, *WIDE)

    others = [url for url in page.asked if not url.startswith("data:image/png;base64,")]

    assert others == [report.as_uri()]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_a_picture_of_it_is_not_blank(page, report, dark):
    """There are many colours on the screen, and none of them is nearly everywhere."""
    page.open(report, *WIDE, dark=dark)
    picture = base64.b64encode(page.picture()).decode()

    colours, most = page.run(COLOURS % picture)

    assert colours > 100
    assert most < 0.85


def colour_of(page, selector, what):
    return page.run(f"getComputedStyle(document.querySelector('{selector}')).{what}")


def rgb(colour):
    return f"rgb({', '.join(str(int(colour[at : at + 2], 16)) for at in (1, 3, 5))})"


def test_charts_change_with_the_hour(page, report):
    """When the reader's system turns dark, an open page and its charts follow."""
    line = "#equity .scatterlayer .trace:last-child .js-line"
    page.open(report, *WIDE)
    by_day = colour_of(page, line, "stroke"), colour_of(page, "body", "backgroundColor")

    dark = [{"name": "prefers-color-scheme", "value": "dark"}]
    page.call("Emulation.setEmulatedMedia", features=dark)
    page.run("new Promise((told) => setTimeout(() => requestAnimationFrame(() => told(1)), 50))")
    by_night = colour_of(page, line, "stroke"), colour_of(page, "body", "backgroundColor")

    assert by_day == (rgb(LIGHT.account), rgb(LIGHT.ground))
    assert by_night == (rgb(DARK.account), rgb(DARK.ground))
    assert page.run(DRAWN) == CHARTS


def test_a_sale_tells_its_reason_under_the_pointer(page, report):
    """Whoever points at a mark reads what the rule said."""
    page.open(report, *WIDE)
    at = page.run(
        "(() => { const chart = document.querySelector('#price-1'); chart.scrollIntoView();"
        "const mark = chart.querySelector('.scatterlayer .trace:last-child .point');"
        "const box = mark.getBoundingClientRect();"
        "return [box.x + box.width / 2, box.y + box.height / 2]; })()"
    )
    page.call("Input.dispatchMouseEvent", type="mouseMoved", x=at[0], y=at[1])
    told = page.run(
        "new Promise((told) => { const look = () => {"
        "const text = document.querySelector('#price-1 .hoverlayer').textContent;"
        "text ? told(text) : setTimeout(look, 20); }; look(); })"
    )

    assert told.startswith("sold ")
    assert "is below SMA(20)" in told


def test_names_of_others_are_shown_and_not_run(page, tmp_path_factory):
    """Markup in a ticker is neither script nor picture nor bold, on the page or in a chart."""
    run = backtest({HOSTILE: walks("T")["T"]}, RULE, REENTERING)
    file = written(tmp_path_factory, render(run, title=HOSTILE))

    page.open(file, *WIDE)

    assert page.faults == []
    assert page.run("typeof window.stolen") == "undefined"
    assert page.run("document.querySelectorAll('main img, main b b').length") == 0
    assert page.run("document.title") == HOSTILE
    assert page.run("document.querySelector('h1').textContent") == HOSTILE
    assert page.run(DRAWN)["price-1"] == CHARTS["price-1"]


def test_a_name_without_end_stays_within_the_window(page, tmp_path_factory):
    """A word that cannot be broken is broken rather than push the page aside."""
    file = written(tmp_path_factory, render(a_run(LONG, "T"), title=LONG))

    page.open(file, *PHONE)

    assert page.run("document.documentElement.scrollWidth") == PHONE[0]
    assert page.run(STICKING_OUT) == []
