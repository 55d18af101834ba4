"""Agreement of two tables of measurements: reading, other programs' exports, pairs by identifier, tables, pictures."""
