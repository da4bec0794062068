"""A client of the Reconciliation Service API, which Wikidata's, Getty's and other authorities speak."""
