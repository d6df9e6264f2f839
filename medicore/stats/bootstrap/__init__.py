"""The bootstrap: patients resampled, every nuisance model refitted, in batches."""
