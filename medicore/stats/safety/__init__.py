"""Safety: how often adverse events come in each arm, by subject and by time at risk."""
