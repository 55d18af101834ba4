"""Annotation sets in the scene: sequence, record, editor, list of sets, drawn states."""
