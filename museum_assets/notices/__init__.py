"""Notices: messages about failed runs and breached checks, told by mail and webhook."""
