-- Internal ids or object numbers that more than one artwork carries.
SELECT kind, identifier, count(*) AS artworks
FROM (SELECT 'object number' AS kind, object_number AS identifier FROM staging.artwork WHERE museum = %(museum)s
      UNION ALL
      SELECT 'internal id', museum_db_id FROM staging.artwork WHERE museum = %(museum)s) a
GROUP BY kind, identifier
HAVING count(*) > 1
