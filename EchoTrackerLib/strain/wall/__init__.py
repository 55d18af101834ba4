"""The wall: its line and steps, gaps, smoothing, and the curves of one beat."""
