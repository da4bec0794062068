"""Visitor kiosks: exhibition files, history files and the live stream into one set of tables."""
