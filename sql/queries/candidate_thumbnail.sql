SELECT coalesce(a.object_number, 'record ' || t.record_id) AS object_number, t.sha256, t.width, t.height, t.bytes,
       museum || '/' || encode(t.sha256, 'hex') || '.jpg' AS object_key, t.s3_key AS source_key
FROM staging.thumbnail AS t
LEFT JOIN staging.artwork AS a USING (museum, record_id)
WHERE museum = %(museum)s
