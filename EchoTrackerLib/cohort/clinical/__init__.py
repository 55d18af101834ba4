"""Table 2: strain against a reference, and examined twice."""
