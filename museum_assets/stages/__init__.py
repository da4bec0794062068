"""The stages of the collection pipeline as plain code: harvest, transform, index, thumbnails, embeddings."""
