"""A workspace: a company's own repository of protocols, in which the product is a wheel."""
