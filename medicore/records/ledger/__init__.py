"""The ledger: events, their chain, the actions they name and the states they lead to."""
