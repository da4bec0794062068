-- What is asked of production after a promotion.
-- database: production

-- name: list
-- What people noted that must be in a museum's production.
SELECT kind, subject, at_least, finds, added_by, added_at
FROM production.canary
WHERE museum = %(museum)s
ORDER BY kind, subject

-- name: add
-- Note what must be in production; the same subject again replaces it.
INSERT INTO production.canary (museum, kind, subject, at_least, finds, added_by)
VALUES (%(museum)s, %(kind)s, %(subject)s, %(at_least)s, %(finds)s, %(by)s)
ON CONFLICT (museum, kind, subject) DO UPDATE
SET at_least = excluded.at_least, finds = excluded.finds, added_by = excluded.added_by, added_at = now()

-- name: built_counts
-- How many rows of each table the live release was built with; NULL when nothing is live.
SELECT (
    SELECT r.counts
    FROM production.release AS r
    JOIN production.current_release AS c USING (museum, release_id)
    WHERE r.museum = %(museum)s
)

-- name: sample
-- Artworks that nobody can foresee, with the object of their thumbnail.
SELECT a.object_number, t.object_key
FROM production.artwork AS a
LEFT JOIN production.thumbnail AS t ON t.museum = %(museum)s AND t.object_number = a.object_number
WHERE a.museum = %(museum)s
ORDER BY hashtextextended(a.object_number, %(seed)s)
LIMIT %(limit)s
