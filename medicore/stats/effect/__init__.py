"""Effects of treatment: estimands, measures and estimators, one method per file."""
