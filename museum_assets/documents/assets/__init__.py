"""The document assets and their checks, in the order in which they depend on each other."""
