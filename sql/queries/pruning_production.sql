-- What pruning has to know of the releases.
-- database: production

-- name: used_vectors
-- The vectors of every release, that of a withdrawn one too, as long as its rows are there.
SELECT DISTINCT v.contract, v.content
FROM production.index_status_release AS s, unnest(s.contracts, s.contents) AS v (contract, content)
