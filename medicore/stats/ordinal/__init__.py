"""Ordinal outcomes: the chance that a treated subject fares better than a control."""
