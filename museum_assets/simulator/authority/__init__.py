"""A made-up authority of makers, which speaks the Reconciliation Service API as Wikidata's and Getty's services do."""
