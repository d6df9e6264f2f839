"""A run for a third party: the bundle, and the report in HTML."""
