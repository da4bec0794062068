-- Backups: what the ready releases of production name outside Postgres.
-- database: production

-- name: thumbnails
-- The thumbnails that releases show, in the order in which S3 lists keys.
SELECT DISTINCT t.object_key COLLATE "C" AS key, t.sha256
FROM production.thumbnail_release AS t
JOIN production.release AS r ON r.museum = t.museum AND r.slot = t.slot AND r.state = 'ready'
ORDER BY key

-- name: vectors
-- Every vector that the ready releases record, each once.
SELECT DISTINCT v.contract, v.content
FROM production.index_status_release AS s
JOIN production.release AS r ON r.museum = s.museum AND r.slot = s.slot AND r.state = 'ready',
    unnest(s.contracts, s.contents) AS v (contract, content)
ORDER BY v.contract
