-- What `museum metrics` tells of the platform's database, as the role museum_metrics, which sees no payload. Each
-- statement is for all museums at once; docs/watching.md says what it costs over five million rows of the ledger.

-- name: stage
-- The books of one stage in every museum, as `loop.books` has them for one. Since when something waits is told by the
-- stages before it, or for the first one by the harvest; what waits for another contract alone has no such time.
-- {inputs}: ops.input_transformed_artworks
SELECT museum,
       count(record_id) AS inputs,
       count(*) FILTER (WHERE current AND outcome = 'done') AS done,
       count(*) FILTER (WHERE current AND outcome = 'rejected') AS rejected,
       count(*) FILTER (WHERE current AND outcome = 'duplicate') AS duplicate,
       count(*) FILTER (WHERE current AND outcome = 'failed' AND permanent) AS failed,
       count(*) FILTER (WHERE current AND outcome = 'failed' AND NOT permanent) AS retrying,
       count(record_id) FILTER (WHERE NOT coalesce(current, false)) AS pending,
       extract(epoch FROM now() - min(since))::double precision AS oldest,
       extract(epoch FROM now() - max(since))::double precision AS newest
FROM (
    SELECT coalesce(i.museum, l.museum) AS museum, i.record_id, l.outcome, l.permanent,
           l.input_hash = i.input_hash
           AND l.contract = coalesce(%(contracts)s::jsonb ->> l.museum, l.contract) AS current,
           CASE WHEN i.record_id IS NULL OR l.input_hash = i.input_hash THEN NULL
                WHEN cardinality(%(before)s::text[]) = 0 THEN (
                    SELECT r.fetched_at
                    FROM raw.record AS r
                    WHERE r.museum = i.museum AND r.record_id = i.record_id)
                ELSE (
                    SELECT max(b.attempted_at)
                    FROM ops.ledger AS b
                    WHERE b.museum = i.museum AND b.stage = ANY (%(before)s) AND b.record_id = i.record_id)
           END AS since
    FROM (SELECT museum, record_id, input_hash FROM {inputs}) AS i
    FULL JOIN (
        SELECT museum, record_id, input_hash, contract, outcome, permanent
        FROM ops.ledger
        WHERE stage = %(stage)s
    ) AS l ON l.museum = i.museum AND l.record_id = i.record_id
) AS each
GROUP BY museum

-- name: ledger
-- What became of everything that was tried, by code, and how much of it within the last ten minutes.
SELECT museum, stage, outcome, code, permanent, count(*) AS records,
       count(*) FILTER (WHERE attempted_at > now() - interval '10 minutes') AS recent,
       extract(epoch FROM max(attempted_at))::double precision AS last
FROM ops.ledger
GROUP BY museum, stage, outcome, code, permanent

-- name: records
-- How many records are stored of each museum, and how many of those are withdrawn. The key alone answers.
SELECT museum, count(*) FILTER (WHERE withdrawn_at IS NULL) AS live, count(withdrawn_at) AS withdrawn
FROM raw.record
GROUP BY museum

-- name: harvests
-- Each museum's harvests: when the last complete one ended, how the last one ended, and since when one is open.
SELECT museum,
       extract(epoch FROM max(ended_at) FILTER (WHERE state = 'complete'))::double precision AS complete,
       (array_agg(state ORDER BY id DESC) FILTER (WHERE state NOT IN ('retried', 'open')))[1] AS last_state,
       extract(epoch FROM now() - max(started_at) FILTER (WHERE state = 'open'))::double precision AS open_for
FROM ops.harvest
GROUP BY museum

-- name: hosts
-- The pace of each host, and for how long it asked to be left alone.
SELECT host, rate, ceiling,
       greatest(0, extract(epoch FROM slowed_until - now()))::double precision AS paused
FROM ops.host_rate

-- name: letters
-- Open dead letters by where they come from, and the age of the oldest.
SELECT source, museum, count(*) AS letters,
       extract(epoch FROM now() - min(arrived_at))::double precision AS oldest
FROM ops.dead_letter
WHERE state = 'open'
GROUP BY source, museum

-- name: notices
-- Notices that a channel has not told yet, and the age of the oldest.
SELECT channel, count(*) AS waiting,
       extract(epoch FROM now() - min(n.round_at))::double precision AS oldest
FROM ops.notice AS n
CROSS JOIN unnest(n.channels) AS channel
LEFT JOIN ops.ledger AS l
    ON l.museum = 'notices' AND l.stage = 'notice_' || channel AND l.record_id = n.id::text
WHERE l.input_hash IS DISTINCT FROM n.fingerprint OR l.outcome <> 'done'
GROUP BY channel

-- name: candidates
-- When each museum's candidate was made.
SELECT museum, extract(epoch FROM made_at)::double precision AS made
FROM candidate.made
