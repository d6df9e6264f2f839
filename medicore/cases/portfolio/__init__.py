"""The portfolio report: all studies of a month in one document."""
