"""The list of annotation sets: create, import, export, restore; part of the section "Annotation"."""
