"""The data lock: typed values, the data contract, and the comparison with the month before."""
