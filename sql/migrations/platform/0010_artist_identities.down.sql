DROP VIEW ops.output_artist_facts;
DROP VIEW ops.output_thumbnail_colours;
DROP VIEW ops.input_artist_facts;
DROP VIEW ops.input_thumbnail_colours;
DROP VIEW ops.output_artist_identities;
DROP VIEW ops.input_artist_identities;
DROP VIEW ops.maker_decisions;
DELETE FROM ops.correction WHERE kind IN ('accept', 'refuse', 'merge', 'split');
CREATE OR REPLACE VIEW ops.correction_in_effect AS
SELECT museum, record_id, bool_or(kind = 'wins') AS wins,
       jsonb_agg(jsonb_build_object('id', id, 'kind', kind, 'field', field, 'value', value,
                                    'by', made_by, 'why', why) ORDER BY id) AS corrections
FROM (
    SELECT museum, record_id, id, kind, field, value, made_by, why
    FROM ops.correction
    WHERE dropped_at IS NULL AND (until IS NULL OR until >= current_date)
    UNION ALL
    SELECT museum, value #>> '{}', id, 'loses', field, value, made_by, why
    FROM ops.correction
    WHERE kind = 'wins' AND dropped_at IS NULL AND (until IS NULL OR until >= current_date)
) AS each
GROUP BY museum, record_id;
ALTER TABLE ops.correction
    DROP CONSTRAINT correction_kind_check,
    DROP CONSTRAINT correction_check,
    ADD CONSTRAINT correction_kind_check CHECK (kind IN ('field', 'exclude', 'wins', 'term')),
    ADD CONSTRAINT correction_check CHECK ((kind IN ('field', 'term')) = (field <> ''));
DELETE FROM ops.partitioned_table
WHERE parent IN ('staging.artist_identities', 'staging.artwork_enrichments');
DELETE FROM ops.ledger WHERE stage IN ('artist_identities', 'artist_facts', 'thumbnail_colours');
DROP TABLE staging.artwork_enrichments;
DROP TABLE staging.artist_identities;
DROP TABLE ops.authority_answer;
