"""Writing: numbers, tables and figures as Typst and HTML."""
