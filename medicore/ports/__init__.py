"""Ports: the Protocols through which steps and use cases reach the outside world. The stores implement them."""
