"""Sensitivity and supplementary analyses beside the primary one."""
