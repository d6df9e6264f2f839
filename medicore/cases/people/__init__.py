"""People and their acts: permissions, keys, and the signed acts."""
