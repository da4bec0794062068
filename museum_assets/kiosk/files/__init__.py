"""Kiosk files: exhibitions and history from a museum's bucket into the tables."""
