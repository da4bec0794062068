"""Notices: failed runs and breached checks, told to people by mail and webhook."""
