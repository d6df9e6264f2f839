"""The protocol: a study's statistical analysis plan in machine form."""
