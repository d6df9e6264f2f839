"""What verbs do with Prefect beside running a flow: the fleet of workers, and runs of an earlier commit."""
