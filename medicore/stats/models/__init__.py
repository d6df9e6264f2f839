"""Models: design matrices, linear and logistic regression, separation and sandwich variances."""
