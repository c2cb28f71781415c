"""
Results as charts: values in plotly's own form, drawn by the report and in notebooks alike.

A chart is built without plotly; ``sellcore.charts.figure`` alone asks for it.
"""
