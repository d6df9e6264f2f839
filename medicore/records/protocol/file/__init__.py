"""The file of a protocol: its YAML text, the place of each problem in it, and the names that studies may have."""
