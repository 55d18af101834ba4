"""Comparison in the scene: what can be compared, drawn differences, linked views."""
