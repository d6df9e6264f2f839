"""The way of the data: one deterministic step per file, and the rooms of what they are made of."""
