-- What `museum metrics` tells of production's database, as the role museum_metrics, which sees no row of a release.
-- database: production

-- name: live
-- Which release of each museum readers see, and since when.
SELECT museum, release_id, extract(epoch FROM committed_at)::double precision AS committed
FROM production.current_release
WHERE release_id IS NOT NULL

-- name: releases
-- How many releases of each museum are in which state.
SELECT museum, state, count(*) AS releases
FROM production.release
GROUP BY museum, state

-- name: moves
-- How often each museum's pointer was moved, and when it was last.
SELECT museum, action, count(*) AS moves, extract(epoch FROM max(at))::double precision AS last
FROM production.promotion
GROUP BY museum, action
