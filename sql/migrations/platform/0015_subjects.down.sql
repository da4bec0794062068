DROP VIEW ops.output_subject_identities, ops.input_subject_identities;
DELETE FROM staging.artwork_enrichments WHERE source = 'subject_identities';
DELETE FROM ops.ledger WHERE stage = 'subject_identities';
COMMENT ON TABLE staging.artwork_enrichments IS
    'What a source says of a work, an artist, a place or a material besides the museum. The source '
    'is the stage that wrote it; the subject is an artwork''s record_id, an identity such as '
    'wikidata:Q5598, a place_key or a material_key.';
DELETE FROM ops.partitioned_table WHERE parent = 'staging.subjects';
DROP TABLE staging.subjects;
