"""Reading raw records into artworks."""
