"""Many clips: manifest, engine, cache; the tables of benchmark, clinical and batch."""
