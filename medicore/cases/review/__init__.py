"""Review: what waits for a decision, and the signed report."""
