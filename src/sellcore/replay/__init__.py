"""Comparing what was decided with what the bars in the cache say now."""
