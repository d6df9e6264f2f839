"""Benchmarks: what is fast, shown as ratios in one run (``make bench``). Nothing here is shipped or a test."""
