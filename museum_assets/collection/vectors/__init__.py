"""Points and named vectors of the artworks in the vector index."""
