"""Exports: what a bundle, a crate and a bill of materials hold."""
