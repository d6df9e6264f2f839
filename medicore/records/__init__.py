"""Pure records: what MediCore knows, as frozen values, without any I/O."""
