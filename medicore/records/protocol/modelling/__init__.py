"""The rules for what the models are made of, and for what their errors depend on: terms, clusters, penalised likelihood."""
