"""Pictures of strain: the chart of curves, the bull's-eye, one color a segment."""
