"""A run handed to a third party: the bundle, and the report in HTML."""
