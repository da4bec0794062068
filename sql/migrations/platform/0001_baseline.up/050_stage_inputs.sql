-- What each stage works on: views ops.input_<inputs> with museum, record_id, input_hash and the
-- columns that the stage reads. A view bears the stage's name; stages that read the same inputs, as
-- the embeddings do, share one. When a record leaves a view, the stage removes what it made of it.

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

-- A vector belongs to a point, so there is something to embed only once the point exists; the
-- point's id is made from the object number. The cache of embeddings is keyed by content_hash.
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

-- The status columns that users of earlier systems know. There they were kept by hand; here the
-- ledger answers.
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
