SELECT a.object_number, n.position::integer AS position,
       encode(substr(sha256(convert_to(candidate.folded(n.name), 'UTF8')), 1, 16), 'hex')::uuid AS artist_id
FROM staging.artwork AS a, unnest(a.artists) WITH ORDINALITY AS n (name, position)
WHERE a.museum = %(museum)s
