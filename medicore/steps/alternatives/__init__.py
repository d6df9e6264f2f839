"""Sensitivity and supplementary analyses in addition to the primary analysis."""
