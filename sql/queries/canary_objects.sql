-- Artworks that nobody can foresee, with the object of their thumbnail.
SELECT a.object_number, t.object_key
FROM production.artwork a
LEFT JOIN production.thumbnail t ON t.museum = %(museum)s AND t.object_number = a.object_number
WHERE a.museum = %(museum)s
ORDER BY hashtextextended(a.object_number, %(seed)s)
LIMIT %(limit)s
