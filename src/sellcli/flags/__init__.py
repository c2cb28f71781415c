"""The flags that several commands share, and what people type behind them."""
