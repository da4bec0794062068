-- Rows of a release, be they the candidate's or in a slot: hashed, summed up, counted and compared.

-- name: row_hash
-- The hash of a row: SHA-256 over its columns as Postgres prints a row, which quotes them.
-- fragment
sha256(convert_to(ROW({columns})::text, 'UTF8'))

-- name: digest
-- How many rows there are, and the sum of the first 56 bits of their hashes, whatever their order. The hash is used
-- once: Postgres would compute a second one's anew, row by row.
-- {row_hash}: block releases_rows.row_hash
-- {columns}: object_number, title
-- {rows}: candidate.artwork
-- {condition}: museum = 'smk'
SELECT count(*) AS rows, coalesce(sum(('x' || encode(substr({row_hash}, 1, 7), 'hex'))::bit(56)::bigint), 0) AS summed
FROM {rows}
WHERE {condition}

-- name: figures
-- How many rows there are of a museum.
-- {rows}: candidate.thumbnail
SELECT count(*) AS rows
FROM {rows}
WHERE museum = %(museum)s

-- name: artwork_figures
-- How many artworks there are, and how many lack a title or artists.
-- {rows}: candidate.artwork
SELECT count(*) AS rows,
       count(*) FILTER (WHERE title IS NULL OR btrim(title) = '') AS titles,
       count(*) FILTER (WHERE coalesce(cardinality(artists), 0) = 0) AS artists
FROM {rows}
WHERE museum = %(museum)s

-- name: difference
-- The keys of rows that differ between two releases, with what became of each.
-- {keys}: object_number
-- {new_rows}: candidate.artwork
-- {old_rows}: candidate.artwork
CREATE TEMP TABLE difference ON COMMIT DROP AS
SELECT CASE WHEN o.row_hash IS NULL THEN 'added' WHEN n.row_hash IS NULL THEN 'removed' ELSE 'changed' END AS how,
       {keys}
FROM (SELECT {keys}, row_hash FROM {new_rows}) AS n
FULL JOIN (SELECT {keys}, row_hash FROM {old_rows}) AS o USING ({keys})
WHERE n.row_hash IS DISTINCT FROM o.row_hash

-- name: difference_counts
-- How many rows were added, changed and removed.
-- needs: releases_rows.difference
SELECT how, count(*) AS rows
FROM difference
GROUP BY how
