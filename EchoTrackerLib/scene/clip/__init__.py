"""A clip in the scene: its sequence, what it says of itself, its calibration, sample clips."""
