"""What the cells of ``evidence_report.qmd`` print."""
