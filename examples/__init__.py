"""Worked examples: the demo."""
