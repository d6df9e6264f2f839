"""The console: board, run page, signing and the inspector's questions in a browser, on loopback, without any script.

It is a floor beside the command line and calls the same use cases; it has no logic of its own about runs.
"""
