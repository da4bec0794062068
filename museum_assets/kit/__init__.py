"""The kit that turns pure stages and findings into Dagster assets, checks and jobs; every domain uses it."""
