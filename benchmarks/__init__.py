"""Benchmarks: what is fast, shown as ratios in one run (``make bench``). Nothing here is shipped or a test.

Each contestant is measured in a process of its own that imports only what it needs.
"""
