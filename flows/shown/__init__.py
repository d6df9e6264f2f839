"""What people see of a run: progress, artifacts, assets and notices."""
