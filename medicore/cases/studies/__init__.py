"""Studies before their first run: the problems of a protocol, and what the data say of the plan, blind to the outcome."""
