-- Artists are their folded names: a museum spells one person in several ways, and the most frequent way is shown.
SELECT encode(substr(sha256(convert_to(identity, 'UTF8')), 1, 16), 'hex')::uuid AS artist_id, identity,
       mode() WITHIN GROUP (ORDER BY name) AS name, count(DISTINCT object_number)::integer AS artworks
FROM (SELECT a.object_number, n.name, candidate.folded(n.name) AS identity
      FROM staging.artwork AS a, unnest(a.artists) AS n (name)
      WHERE a.museum = %(museum)s) AS named
GROUP BY identity
