"""Synthetic echo with exactly known motion: sample data, training data, tests."""
