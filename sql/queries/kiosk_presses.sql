-- Loading presses into kiosk.review and kiosk.incident.

-- name: kinds
-- Presses are staged as (time, kind), and this table holds the few kinds. So COPY parses two columns a press instead of
-- five, and foreign keys are looked up once a kind.
CREATE TEMP TABLE IF NOT EXISTS kiosk_staged_kind (
    kind integer PRIMARY KEY,
    site integer,
    button smallint,
    occurrence smallint,
    file smallint
) ON COMMIT DELETE ROWS

-- name: batch
-- A TEMP table for the presses of one table.
-- {staging}: kiosk_staged_review
CREATE TEMP TABLE IF NOT EXISTS {staging} (at timestamptz, kind integer) ON COMMIT DELETE ROWS

-- name: fresh
-- Whether each table holds no press of the museum and origin in this time span. It is given in microseconds since 1970,
-- because a message may name a year outside Python's calendar.
SELECT NOT EXISTS (
           SELECT FROM kiosk.review AS r
           WHERE r.museum = %(museum)s AND r.origin = %(origin)s AND r.at BETWEEN s.first AND s.last) AS review,
       NOT EXISTS (
           SELECT FROM kiosk.incident AS i
           WHERE i.museum = %(museum)s AND i.origin = %(origin)s AND i.at BETWEEN s.first AND s.last) AS incident
FROM (
    SELECT 'epoch'::timestamptz + %(first)s * interval '1 microsecond' AS first,
           'epoch'::timestamptz + %(last)s * interval '1 microsecond' AS last
) AS s

-- name: lock_exhibitions
-- Lock the exhibitions as a foreign key would, so that none is deleted before the transaction ends.
SELECT
FROM kiosk.exhibition
WHERE museum = %(museum)s
FOR KEY SHARE

-- name: insert
-- Insert the staged presses into the museum's own partition, where the parent's triggers do not fire: this query looks
-- up the foreign keys itself. A site without an exhibition or a button without a label gives a null, which the table
-- refuses. DISTINCT ON makes Postgres join the kinds first; without it, every press was joined three times and written
-- in another order.
-- needs: kiosk_presses.kinds, kiosk_presses.batch
-- {own}: kiosk.review
-- {button}: rating
-- {types}: kiosk.rating_type
-- {staging}: kiosk_staged_review
-- {conflict}: ON CONFLICT DO NOTHING
INSERT INTO {own} (at, exhibition_id, {button}, occurrence, origin, museum)
SELECT s.at, k.exhibition_id, k.{button}, k.occurrence, %(origin)s, %(museum)s
FROM {staging} AS s
LEFT JOIN (
    SELECT DISTINCT ON (k.kind) k.kind, k.occurrence, e.exhibition_id, t.{button}
    FROM kiosk_staged_kind AS k
    LEFT JOIN kiosk.exhibition AS e ON e.museum = %(museum)s AND e.site = k.site
    LEFT JOIN {types} AS t ON t.museum = %(museum)s AND t.{button} = k.button
) AS k ON k.kind = s.kind
{conflict}

-- name: remove
-- Delete the staged presses from the museum's own partition.
-- needs: kiosk_presses.kinds, kiosk_presses.batch
-- {own}: kiosk.review
-- {button}: rating
-- {staging}: kiosk_staged_review
DELETE FROM {own} AS p
USING {staging} AS s
JOIN kiosk_staged_kind AS k ON k.kind = s.kind
JOIN kiosk.exhibition AS e ON e.museum = %(museum)s AND e.site = k.site
WHERE p.museum = %(museum)s AND p.at = s.at AND p.exhibition_id = e.exhibition_id AND p.{button} = k.button
  AND p.occurrence = k.occurrence AND p.origin = %(origin)s

-- name: known
-- How many staged presses the table has already, by file.
-- needs: kiosk_presses.kinds, kiosk_presses.batch
-- {table}: kiosk.review
-- {button}: rating
-- {staging}: kiosk_staged_review
SELECT k.file, count(*) AS known
FROM {staging} AS s
JOIN kiosk_staged_kind AS k ON k.kind = s.kind
JOIN kiosk.exhibition AS e ON e.museum = %(museum)s AND e.site = k.site
WHERE EXISTS (
    SELECT FROM {table} AS p
    WHERE p.museum = %(museum)s AND p.at = s.at AND p.exhibition_id = e.exhibition_id AND p.{button} = k.button
      AND p.occurrence = k.occurrence AND p.origin = %(origin)s
)
GROUP BY k.file
