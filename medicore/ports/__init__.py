"""Ports: what the steps and use cases need from the outside world, as Protocols that the stores satisfy."""
