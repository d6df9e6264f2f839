"""Secondary endpoints, and families of hypotheses that share a level."""
