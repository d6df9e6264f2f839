"""People, their credentials, their acts and their decisions."""
