"""Use cases: one step of the way of the data per file."""
