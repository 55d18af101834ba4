"""MRML: cine, points, tracks, plots, tables, layout; editing, undo, save and restore."""
