-- A title may be missing, but not blank.
SELECT e.row, e.field
FROM (SELECT object_number AS row, 'artwork.' || f.name AS field, f.value
      FROM candidate.artwork AS a,
          LATERAL (VALUES ('object_number', object_number), ('museum_db_id', museum_db_id), ('rights', rights),
                          ('thumbnail_url', thumbnail_url), ('title', coalesce(title, 'none'))) AS f (name, value)
      WHERE a.museum = %(museum)s
      UNION ALL
      SELECT artist_id::text, 'artist.' || f.name, f.value
      FROM candidate.artist AS r, LATERAL (VALUES ('name', name), ('identity', identity)) AS f (name, value)
      WHERE r.museum = %(museum)s
      UNION ALL
      SELECT object_number, 'thumbnail.' || f.name, f.value
      FROM candidate.thumbnail AS t,
          LATERAL (VALUES ('object_key', object_key), ('source_key', source_key)) AS f (name, value)
      WHERE t.museum = %(museum)s) AS e
WHERE coalesce(btrim(e.value), '') = ''
