"""Imputation of missing covariates, and the pooling of completed analyses."""
