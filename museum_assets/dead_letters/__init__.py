"""Dead letters: what a person must look at, kept with its bytes until it is replayed or closed."""
