"""A made-up authority of makers and places, which speaks the Reconciliation Service API as public services do."""
