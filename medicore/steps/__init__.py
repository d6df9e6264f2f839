"""The analysis pipeline: one deterministic step per file; the subfolders hold what the steps are built from."""
