"""A made-up authority of makers, places and subjects. It speaks the Reconciliation Service API as public ones do."""
