"""One artist, whichever museum spells the name: makers of all museums joined to identities."""
