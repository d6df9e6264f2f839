"""Output of numbers, tables and figures as Typst and HTML."""
