"""The releases' Dagster assets, jobs and checks."""
