-- Every vector of a release, each once however many works share its image or text.
SELECT DISTINCT v.contract, v.content
FROM production.index_status_release s, unnest(s.contracts, s.contents) AS v (contract, content)
WHERE s.museum = %(museum)s AND s.slot = %(slot)s
