"""Quality assurance: rows, decisions, samples and their estimate, comparison of tracks, reviewed strain, the report."""
