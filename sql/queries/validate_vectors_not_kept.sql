-- The points of production are made of the vectors in the cache.
SELECT s.object_number, v.name AS vector, v.contract
FROM candidate.index_status AS s, unnest(s.vectors, s.contracts, s.contents) AS v (name, contract, content)
WHERE s.museum = %(museum)s
  AND NOT EXISTS (SELECT FROM ops.vector AS o WHERE o.contract = v.contract AND o.content_hash = v.content)
