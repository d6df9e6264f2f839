"""A study of counts with exposure: its protocol, and the invented subjects that it analyses."""
