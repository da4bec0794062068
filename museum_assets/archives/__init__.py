"""Imports: a declared source's archives, checked, read member by member, loaded as a whole, and rolled back."""
