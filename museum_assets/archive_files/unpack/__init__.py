"""Unpacking archives. Every archive is treated as hostile."""
