"""Ground truth made by people: edits, documents, files, schemas, journal, agreement of two sets."""
