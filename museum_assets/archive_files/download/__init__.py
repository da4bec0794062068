"""Downloading large files from allowed hosts; a download is resumed after a break and its bytes are checked."""
