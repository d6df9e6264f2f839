"""Sections of the report, in its order."""
