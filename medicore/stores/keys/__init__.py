"""Keys and certificates: the authority, signatures, seals and time stamps."""
