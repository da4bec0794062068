"""Building, promoting, rolling back and pruning releases."""
