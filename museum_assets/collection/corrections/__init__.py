"""What curators correct: fields, exclusions, and which of two duplicates wins."""
