"""Bulk archives: downloaded, checked, read member by member, and loaded as whole imports that can be rolled back."""
