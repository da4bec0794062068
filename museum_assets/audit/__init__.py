"""Whether what is stored is right: pure checks behind the Dagster asset checks and `museum status`."""
