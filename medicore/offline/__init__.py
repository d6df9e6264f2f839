"""The program that is part of every export. It needs nothing of MediCore, and MediCore never imports it."""
