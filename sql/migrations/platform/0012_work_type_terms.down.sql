DROP VIEW ops.output_work_type_terms;
DROP VIEW ops.input_work_type_terms;
DELETE FROM staging.artwork_enrichments WHERE source = 'work_type_terms';
DELETE FROM ops.ledger WHERE stage = 'work_type_terms';
