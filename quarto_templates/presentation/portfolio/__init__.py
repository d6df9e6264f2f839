"""The output of the cells of portfolio_report.qmd: the studies of a month side by side."""
