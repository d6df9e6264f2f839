"""Weights, covariate balance, overlap, and the false alarm rates of their gates."""
