"""Safety in a protocol: the data set of adverse events, the time at risk, and what they must agree with."""
