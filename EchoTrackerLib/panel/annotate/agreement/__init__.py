"""Agreement of two annotation sets, part of the section "Annotation"."""
