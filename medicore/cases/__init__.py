"""Use cases, by the person who asks: each room serves one question or one act."""
