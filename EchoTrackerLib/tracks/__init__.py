"""Trajectories: data model, file formats, metrics, quality."""
