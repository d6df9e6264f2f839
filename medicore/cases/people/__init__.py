"""People and their acts: who may act, by which key, and what each of them signed."""
