"""The Prefect server and worker: starting, watching and ending them."""
