"""What the report says of outcomes that have an estimator of their own."""
