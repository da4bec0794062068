-- Facts of works and makers that their museum does not state, by source.

-- name: batch
-- The temporary table of facts that go into staging.
CREATE TEMP TABLE IF NOT EXISTS enrichment_batch (museum text, source text, subject text, facts jsonb)
ON COMMIT DELETE ROWS

-- name: record
-- Store facts over those that were known before.
-- needs: enrichments.batch
INSERT INTO staging.artwork_enrichments AS e (museum, source, subject, facts)
SELECT museum, source, subject, facts
FROM enrichment_batch
ON CONFLICT (museum, source, subject) DO UPDATE SET (facts, enriched_at) = (excluded.facts, now())

-- name: forget
-- Remove what a source says of works or makers.
DELETE FROM staging.artwork_enrichments
WHERE museum = %(museum)s AND source = %(source)s AND subject = ANY(%(subjects)s)

-- name: sample
-- The first few of what a source says.
SELECT subject, facts
FROM staging.artwork_enrichments
WHERE museum = %(museum)s AND source = %(source)s
ORDER BY subject
LIMIT %(limit)s

-- name: places
-- A museum's places with coordinates, how many of them lie nowhere, and some of these.
SELECT count(*) AS places, count(*) FILTER (WHERE wrong) AS wrong,
       (array_agg(said ORDER BY said) FILTER (WHERE wrong))[:%(limit)s] AS impossible
FROM (
    SELECT subject || ' (' || (facts ->> 'latitude') || ', ' || (facts ->> 'longitude') || ')' AS said,
           (facts -> 'latitude')::float NOT BETWEEN -90 AND 90
           OR (facts -> 'longitude')::float NOT BETWEEN -180 AND 180
           OR (facts -> 'latitude')::float = 0 AND (facts -> 'longitude')::float = 0 AS wrong
    FROM staging.artwork_enrichments
    WHERE museum = %(museum)s AND source = 'place_coordinates'
) AS p
