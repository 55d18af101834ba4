"""The bull's-eye: models of 16, 17 and 18 segments, and its pictures."""
