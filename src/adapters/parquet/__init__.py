"""Bars and averages on disk: a Parquet base file per granularity, and one append journal."""
