"""Documents of a bucket: stored once, then read by a language model into validated records."""
