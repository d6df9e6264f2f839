"""The primary result by the kind of its outcome, with its standard errors, bootstrap and second implementation."""
