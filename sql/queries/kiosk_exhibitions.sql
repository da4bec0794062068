-- Kiosk museums with their clocks, buttons, exhibitions, departments and floors.

-- name: register
-- Store a museum's registry entry. An unchanged row is not rewritten.
INSERT INTO kiosk.museum AS m (museum, name, timezone, opens, closes, closed_on, since)
VALUES (%(museum)s, %(name)s, %(timezone)s, %(opens)s, %(closes)s, %(closed_on)s, %(since)s)
ON CONFLICT (museum) DO UPDATE
SET name = excluded.name, timezone = excluded.timezone, opens = excluded.opens, closes = excluded.closes,
    closed_on = excluded.closed_on, since = excluded.since
WHERE (m.name, m.timezone, m.opens, m.closes, m.closed_on, m.since)
    IS DISTINCT FROM (excluded.name, excluded.timezone, excluded.opens, excluded.closes, excluded.closed_on,
                      excluded.since)

-- name: label_buttons
-- Store the labels of a museum's ratings or of its incident types. A label that the registry no longer has stays.
-- {types}: kiosk.rating_type
-- {button}: rating
INSERT INTO {types} AS k (museum, {button}, label)
SELECT %(museum)s, t.value, t.label
FROM unnest(%(values)s::smallint[], %(labels)s::text[]) AS t (value, label)
ON CONFLICT (museum, {button}) DO UPDATE
SET label = excluded.label
WHERE k.label <> excluded.label

-- name: batch
-- A TEMP table for exhibitions as their files describe them.
CREATE TEMP TABLE IF NOT EXISTS kiosk_staged_exhibition (
    site integer,
    exhibition_code text,
    name text,
    floor text,
    department text,
    start_date date,
    description text
) ON COMMIT DELETE ROWS

-- name: add_departments
-- Add the departments that are new.
-- needs: kiosk_exhibitions.batch
INSERT INTO kiosk.department (museum, name)
SELECT DISTINCT %(museum)s, s.department
FROM kiosk_staged_exhibition AS s
WHERE NOT EXISTS (SELECT FROM kiosk.department AS d WHERE d.museum = %(museum)s AND d.name = s.department)
ON CONFLICT (museum, name) DO NOTHING

-- name: add_floors
-- Add the floors that are new.
-- needs: kiosk_exhibitions.batch
INSERT INTO kiosk.floor (museum, name)
SELECT DISTINCT %(museum)s, s.floor
FROM kiosk_staged_exhibition AS s
WHERE NOT EXISTS (SELECT FROM kiosk.floor AS f WHERE f.museum = %(museum)s AND f.name = s.floor)
ON CONFLICT (museum, name) DO NOTHING

-- name: store
-- Add new exhibitions and update changed ones. An unchanged row is not rewritten.
-- needs: kiosk_exhibitions.batch
INSERT INTO kiosk.exhibition AS e (museum, exhibition_id, site, exhibition_code, name, description, department_id,
                                   start_date)
SELECT %(museum)s, s.site + 1, s.site, s.exhibition_code, s.name, s.description, d.department_id, s.start_date
FROM kiosk_staged_exhibition AS s
JOIN kiosk.department AS d ON d.museum = %(museum)s AND d.name = s.department
ON CONFLICT (museum, exhibition_id) DO UPDATE
SET name = excluded.name, description = excluded.description, department_id = excluded.department_id,
    start_date = excluded.start_date, updated_at = now()
WHERE (e.name, e.description, e.department_id, e.start_date)
    IS DISTINCT FROM (excluded.name, excluded.description, excluded.department_id, excluded.start_date)

-- name: unassign_floors
-- Remove exhibitions from the floors that they left.
-- needs: kiosk_exhibitions.batch
DELETE FROM kiosk.floor_assignment AS a
USING kiosk_staged_exhibition AS s, kiosk.floor AS f
WHERE a.museum = %(museum)s AND a.exhibition_id = s.site + 1
  AND f.museum = a.museum AND f.floor_id = a.floor_id AND f.name <> s.floor

-- name: assign_floors
-- Assign exhibitions to their floors.
-- needs: kiosk_exhibitions.batch
INSERT INTO kiosk.floor_assignment (museum, exhibition_id, floor_id)
SELECT %(museum)s, s.site + 1, f.floor_id
FROM kiosk_staged_exhibition AS s
JOIN kiosk.floor AS f ON f.museum = %(museum)s AND f.name = s.floor
ON CONFLICT DO NOTHING

-- name: drop_departments
-- Remove departments without an exhibition. Their rows without presses would mislead in a report.
DELETE FROM kiosk.department AS d
WHERE d.museum = %(museum)s
  AND NOT EXISTS (SELECT FROM kiosk.exhibition AS e WHERE e.museum = d.museum AND e.department_id = d.department_id)

-- name: drop_floors
-- Remove floors without an exhibition.
DELETE FROM kiosk.floor AS f
WHERE f.museum = %(museum)s
  AND NOT EXISTS (SELECT FROM kiosk.floor_assignment AS a WHERE a.museum = f.museum AND a.floor_id = f.floor_id)
