"""The section "Annotation"."""
