"""The results on adverse events: their tables and their trace."""
