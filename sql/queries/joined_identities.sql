-- Makers of all museums, joined to identities.

-- name: people
-- Every maker with its spellings, the one that most works have first, and what links and the authority say of it.
SELECT m.museum, m.maker_key, m.names, m.birth_year, m.death_year, m.nationality, m.qualifier, m.own_id, m.links,
       m.works, i.authority, i.identity, i.method, i.label, d.decisions
FROM (
    SELECT museum, maker_key, array_agg(name ORDER BY works DESC, name) AS names,
           mode() WITHIN GROUP (ORDER BY birth_year) AS birth_year,
           mode() WITHIN GROUP (ORDER BY death_year) AS death_year, min(nationality) AS nationality,
           min(qualifier) AS qualifier, bool_or(own_id) AS own_id,
           max(links) AS links, sum(works)::integer AS works
    FROM (
        SELECT museum, maker_key, name, mode() WITHIN GROUP (ORDER BY birth_year) AS birth_year,
               mode() WITHIN GROUP (ORDER BY death_year) AS death_year, min(nationality) AS nationality,
               min(qualifier) AS qualifier, bool_or(museum_id IS NOT NULL) AS own_id, max(links) AS links,
               count(*) AS works
        FROM staging.makers
        GROUP BY museum, maker_key, name
    ) AS spelt
    GROUP BY museum, maker_key
) AS m
LEFT JOIN staging.artist_identities AS i ON i.museum = m.museum AND i.maker_key = m.maker_key
LEFT JOIN ops.maker_decisions AS d ON d.museum = m.museum AND d.maker_key = m.maker_key
ORDER BY m.maker_key

-- name: decisions
-- The pairs of makers that people decided are one, or are two, and that hold today.
SELECT kind, record_id AS one, field AS other
FROM ops.correction
WHERE kind IN ('merge', 'split') AND dropped_at IS NULL AND (until IS NULL OR until >= current_date)

-- name: batch
-- The temporary table of what was joined.
CREATE TEMP TABLE joined_batch ON COMMIT DROP AS
SELECT museum, maker_key, identity, label, method, score, birth_year, death_year, candidates
FROM staging.joined_identities
WITH NO DATA

-- name: forget
-- Forget the makers that no work has any more.
-- needs: joined_identities.batch
DELETE FROM staging.joined_identities AS j
WHERE NOT EXISTS (SELECT FROM joined_batch AS b WHERE b.museum = j.museum AND b.maker_key = j.maker_key)

-- name: record
-- Record what was joined; a maker for whom nothing changed keeps its row untouched.
-- needs: joined_identities.batch
INSERT INTO staging.joined_identities AS j
    (museum, maker_key, identity, label, method, score, birth_year, death_year, candidates)
SELECT museum, maker_key, identity, label, method, score, birth_year, death_year, candidates
FROM joined_batch
ON CONFLICT (museum, maker_key) DO UPDATE
SET (identity, label, method, score, birth_year, death_year, candidates, joined_at)
    = (excluded.identity, excluded.label, excluded.method, excluded.score, excluded.birth_year, excluded.death_year,
       excluded.candidates, now())
WHERE (j.identity, j.label, j.method, j.score, j.birth_year, j.death_year, j.candidates)
    IS DISTINCT FROM (excluded.identity, excluded.label, excluded.method, excluded.score, excluded.birth_year,
                      excluded.death_year, excluded.candidates)
