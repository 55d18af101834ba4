"""The section "Results": tracks and strain shown, export."""
