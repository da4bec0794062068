"""Documents in buckets: staged once, then read by a language model into validated records."""
