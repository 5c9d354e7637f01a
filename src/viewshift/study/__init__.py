"""Studies: detectors x scenarios x seeds, compared at equal alarm rates."""
