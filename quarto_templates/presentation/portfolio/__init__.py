"""What the cells of portfolio_report.qmd print: the studies of a month side by side."""
