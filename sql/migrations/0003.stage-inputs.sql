-- depends: 0001.schemas
-- What each stage works on: one view per stage named ops.input_<stage>, giving museum, record_id, input_hash and the
-- columns the stage reads. A record that leaves a view has its output removed by the stage.

CREATE TABLE ops.setting (
    name text PRIMARY KEY,
    value text NOT NULL
);
INSERT INTO ops.setting VALUES ('withdrawal_grace_days', '7');
COMMENT ON TABLE ops.setting IS 'Settings that views need; written from the environment at start-up.';

CREATE VIEW ops.input_transformed_artworks AS
SELECT museum, record_id, payload_hash AS input_hash, seq, payload
FROM raw.record
WHERE withdrawn_at IS NULL
   OR withdrawn_at > now() - make_interval(
       days => (SELECT value::integer FROM ops.setting WHERE name = 'withdrawal_grace_days'));

CREATE VIEW ops.input_indexed_artworks AS
SELECT museum, record_id, row_hash AS input_hash, object_number, museum_db_id, title, artists,
       production_date_start, production_date_end, period, work_types, searchable_work_types
FROM staging.artwork;

-- The S3 key is made from the object number, so a changed number is a changed input.
CREATE VIEW ops.input_stored_thumbnails AS
SELECT museum, record_id,
       sha256(convert_to(object_number || E'\n' || thumbnail_url, 'UTF8')) AS input_hash,
       object_number, thumbnail_url
FROM staging.artwork;

-- A vector belongs to a point, so there is something to embed only once the point exists; the point's id is made
-- from the object number. content_hash is what the embedding cache is keyed by.
CREATE VIEW ops.input_image AS
SELECT t.museum, t.record_id, sha256(t.sha256 || convert_to(p.output, 'UTF8')) AS input_hash,
       t.sha256 AS content_hash, t.s3_key, p.output AS point_id
FROM staging.thumbnail t
JOIN ops.ledger p ON p.museum = t.museum AND p.stage = 'indexed_artworks' AND p.record_id = t.record_id
                 AND p.outcome = 'done';

CREATE VIEW ops.input_text AS
SELECT a.museum, a.record_id,
       sha256(sha256(convert_to(a.search_text, 'UTF8')) || convert_to(p.output, 'UTF8')) AS input_hash,
       sha256(convert_to(a.search_text, 'UTF8')) AS content_hash, a.search_text, p.output AS point_id
FROM staging.artwork a
JOIN ops.ledger p ON p.museum = a.museum AND p.stage = 'indexed_artworks' AND p.record_id = a.record_id
                 AND p.outcome = 'done'
WHERE a.search_text IS NOT NULL;

CREATE VIEW ops.input_image_clip AS SELECT * FROM ops.input_image;
CREATE VIEW ops.input_image_jina AS SELECT * FROM ops.input_image;
CREATE VIEW ops.input_text_clip AS SELECT * FROM ops.input_text;
CREATE VIEW ops.input_text_jina AS SELECT * FROM ops.input_text;

-- The status columns that users of the earlier systems know, read from the ledger instead of being kept by hand.
CREATE VIEW staging.artwork_status AS
SELECT a.museum, a.record_id, a.object_number,
       bool_or(l.stage = 'stored_thumbnails' AND l.outcome = 'done') AS image_loaded,
       bool_or(l.stage = 'stored_thumbnails' AND l.outcome = 'failed') AS image_load_failed,
       bool_or(l.stage = 'indexed_artworks' AND l.outcome = 'done') AS indexed,
       bool_or(l.stage = 'image_clip' AND l.outcome = 'done') AS image_vector_clip,
       bool_or(l.stage = 'text_clip' AND l.outcome = 'done') AS text_vector_clip,
       bool_or(l.stage = 'image_jina' AND l.outcome = 'done') AS image_vector_jina,
       bool_or(l.stage = 'text_jina' AND l.outcome = 'done') AS text_vector_jina
FROM staging.artwork a
LEFT JOIN ops.ledger l USING (museum, record_id)
GROUP BY a.museum, a.record_id, a.object_number;

-- Every stage's inputs in one place, so that one query tells one record's whole story.
CREATE VIEW ops.stage_input AS
SELECT 1 AS step, 'transformed_artworks' AS stage, museum, record_id, input_hash FROM ops.input_transformed_artworks
UNION ALL SELECT 2, 'indexed_artworks', museum, record_id, input_hash FROM ops.input_indexed_artworks
UNION ALL SELECT 3, 'stored_thumbnails', museum, record_id, input_hash FROM ops.input_stored_thumbnails
UNION ALL SELECT 4, 'image_clip', museum, record_id, input_hash FROM ops.input_image_clip
UNION ALL SELECT 5, 'text_clip', museum, record_id, input_hash FROM ops.input_text_clip
UNION ALL SELECT 6, 'image_jina', museum, record_id, input_hash FROM ops.input_image_jina
UNION ALL SELECT 7, 'text_jina', museum, record_id, input_hash FROM ops.input_text_jina;
