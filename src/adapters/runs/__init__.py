"""What a backtest or a sweep came to, kept in a folder that is never changed again."""
