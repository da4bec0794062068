"""The kiosks' Dagster assets, each with its checks."""
