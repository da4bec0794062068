-- Works whose types have a term in the Art & Architecture Thesaurus; the facts stand with all others.

CREATE VIEW ops.input_work_type_terms AS
SELECT museum, record_id,
       sha256(convert_to(array_to_string(searchable_work_types, ','), 'UTF8')) AS input_hash,
       searchable_work_types
FROM staging.artwork;

CREATE VIEW ops.output_work_type_terms AS
SELECT museum, subject AS record_id, sha256(record_send(ROW(museum, subject, facts))) AS output_hash
FROM staging.artwork_enrichments
WHERE source = 'work_type_terms';
