-- What an export takes from a release beside the rows of its tables.
-- database: production

-- name: vectors
-- Every vector of a release, each once however many works share its image or text.
SELECT DISTINCT v.contract, v.content
FROM production.index_status_release AS s, unnest(s.contracts, s.contents) AS v (contract, content)
WHERE s.museum = %(museum)s AND s.slot = %(slot)s

-- name: thumbnails
-- Every thumbnail of a release, each object once.
SELECT DISTINCT ON (object_key) object_key, sha256, bytes, object_number
FROM production.thumbnail_release
WHERE museum = %(museum)s AND slot = %(slot)s
ORDER BY object_key
