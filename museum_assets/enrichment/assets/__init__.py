"""Assets of enrichment that are no stages."""
