DROP VIEW ops.output_material_terms, ops.input_material_terms,
    ops.output_place_coordinates, ops.input_place_coordinates;
DELETE FROM staging.artwork_enrichments WHERE source IN ('place_coordinates', 'material_terms');
DELETE FROM ops.ledger WHERE stage IN ('place_coordinates', 'material_terms');
COMMENT ON TABLE staging.artwork_enrichments IS
    'What a source says of a work or an artist besides the museum. The source is the stage that '
    'wrote it; the subject is an artwork''s record_id, or an identity such as wikidata:Q5598.';
DELETE FROM ops.partitioned_table WHERE parent IN ('staging.places', 'staging.materials');
DROP TABLE staging.places, staging.materials;
