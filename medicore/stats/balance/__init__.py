"""Weights, covariate balance, overlap, and how often their gates fire by chance."""
