"""The section "Study": apical views of one heart together, the bull's-eye, the report."""
