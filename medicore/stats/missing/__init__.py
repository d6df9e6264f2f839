"""Missing outcomes: the chance of being observed, and estimators that weight by it."""
