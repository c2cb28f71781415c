"""
A backtest as one HTML page that needs nothing else: no network, no other file.

    from adapters.report.render import render

Needs the extra ``[report]``: plotly, whose script is written into the page, and jinja2.
"""
