"""Connectors: one electronic data capture system per file."""
