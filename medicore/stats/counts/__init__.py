"""Counts of events with exposure: rates, their ratio and difference."""
