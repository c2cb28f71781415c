"""The rules of the demonstration that ``sellcli start --simulate`` shows without any file."""

from sellcore.rule import parse_rule

RULES = {
    ticker: parse_rule(rule)
    for ticker, rule in {
        "NASDAQ:MSFT": "SMA,50,1H",
        "NASDAQ:AAPL": "EMA,20,1H",
        "NYSE:KO": "SMA,10,1H",
        "NYSE:JPM": "SMA,20,D",
        "NASDAQ:NVDA": "EMA,50,1H",
        "NYSE:BLCO": "SMA,100,1H",
        "NASDAQ:TSLA": "SMA,20,1H",
    }.items()
}
"""One holding of the scenario is left out on purpose: it is watched and never sold."""
