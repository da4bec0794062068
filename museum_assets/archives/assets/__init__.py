"""The asset of the archives."""
