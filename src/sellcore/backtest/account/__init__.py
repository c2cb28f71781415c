"""One account over many tickers, bar by bar: orders, fills, and what is left of them."""
