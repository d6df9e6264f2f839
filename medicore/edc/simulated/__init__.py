"""The simulated EDC: the portfolio of studies, served over the real interfaces."""
