"""The ledger in SQLite and in PostgreSQL, and the index of runs."""
