"""Downloading images and storing their thumbnails."""
