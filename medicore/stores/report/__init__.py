"""Rendering a report, checking it, and signing it within the PDF."""
