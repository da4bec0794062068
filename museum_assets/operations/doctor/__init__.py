"""`museum doctor`: everything that is configured, tried before it is needed. Nothing is started or changed."""
