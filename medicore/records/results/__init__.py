"""Results: paths, origins, references, and the tables made from them."""
