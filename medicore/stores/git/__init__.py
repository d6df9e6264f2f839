"""Git: the code of the checkout, and the record repository."""
