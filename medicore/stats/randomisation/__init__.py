"""Randomised studies analysed as randomised: means adjusted for covariates, with the variance of the scheme."""
