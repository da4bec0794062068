"""Archives: what a declared source is, and how its files are downloaded, unpacked and read."""
