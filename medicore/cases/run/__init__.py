"""A run from its request to its seal."""
