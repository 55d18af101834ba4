"""Contour, phases (ED/ES), strain, segments, drift, agreement statistics."""
