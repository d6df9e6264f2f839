"""Deliveries: the formats in which an EDC hands over data, read and proved."""
