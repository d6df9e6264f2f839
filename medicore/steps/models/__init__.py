"""Models on the analysis set: terms, seeds, imputation, scores and the primary estimate."""
