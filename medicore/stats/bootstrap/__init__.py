"""The bootstrap: it resamples patients and refits every nuisance model, in batches of replicates."""
