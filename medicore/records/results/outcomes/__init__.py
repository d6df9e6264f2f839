"""The trace and the tables of outcomes that have an estimator of their own."""
