"""Table 1: trackers on clips with known motion."""
