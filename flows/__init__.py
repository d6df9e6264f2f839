"""Prefect flows: they orchestrate and display; every decision and every number is made in ``medicore``."""
