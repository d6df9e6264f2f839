"""Keeping a released run: release, archive, retention, legal hold and restore."""
