"""What Prefect shows a person of a run: progress, artifacts, assets and notices."""
