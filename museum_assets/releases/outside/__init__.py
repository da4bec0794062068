"""What a release has outside Postgres: points in the vector index, thumbnails in S3."""
