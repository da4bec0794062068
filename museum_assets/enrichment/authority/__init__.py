"""A museum's own makers, matched to an authority such as Wikidata."""
