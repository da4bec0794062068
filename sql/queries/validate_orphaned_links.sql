SELECT l.object_number, l.position, l.artist_id,
       CASE WHEN a.object_number IS NULL THEN 'no such artwork' ELSE 'no such artist' END AS fault
FROM candidate.artwork_artist AS l
LEFT JOIN candidate.artwork AS a ON a.museum = l.museum AND a.object_number = l.object_number
LEFT JOIN candidate.artist AS r ON r.museum = l.museum AND r.artist_id = l.artist_id
WHERE l.museum = %(museum)s AND (a.museum IS NULL OR r.museum IS NULL)
