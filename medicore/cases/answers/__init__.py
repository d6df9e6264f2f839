"""Answers to questions about runs: status, origin of a number, attempts, differences, one subject."""
