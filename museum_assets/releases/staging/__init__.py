"""The candidate of a release and the rules it must satisfy."""
