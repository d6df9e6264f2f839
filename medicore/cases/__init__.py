"""Use cases, by the person who asks: each folder serves one question or one act."""
