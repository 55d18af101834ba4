"""Trackers of other groups, run by their own code with their own weights; imported only when chosen."""
