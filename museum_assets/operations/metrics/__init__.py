"""`museum metrics`: the ledger, the releases and Dagster's runs as Prometheus reads them."""
