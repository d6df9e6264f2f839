"""Adverse events: how they are read and checked, who is at risk, and the safety tables."""
