"""The collection: from a museum's API to raw records, artworks, thumbnails, points and vectors."""
