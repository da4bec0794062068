"""The collection pipeline as Dagster assets, one file per asset with its checks.

What belongs here: what Dagster sees (assets, checks, metadata). What does not: how the work is done, which is in
`museum_assets.stages` and below, and never imports dagster.

These modules do not postpone annotations: Dagster reads config and resource types from them when it loads.
"""
