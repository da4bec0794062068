"""Reads the kiosks' live stream from Kafka into the tables."""
