"""Names of the sample clips, in a file of their own: Slicer's start needs them, and nothing else of this room."""

# As Slicer's module Sample Data shows them, and by which they are asked for: never translate.
A4C = "Echo A4C (synthetic)"
NOISY = "Echo A4C, noisy (synthetic)"
