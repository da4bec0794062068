-- What the registry says of a museum; its views show local time.
INSERT INTO kiosk.museum AS m (museum, name, timezone, opens, closes, closed_on)
VALUES (%(museum)s, %(name)s, %(timezone)s, %(opens)s, %(closes)s, %(closed_on)s)
ON CONFLICT (museum) DO UPDATE
SET name = excluded.name, timezone = excluded.timezone, opens = excluded.opens, closes = excluded.closes,
    closed_on = excluded.closed_on
WHERE (m.name, m.timezone, m.opens, m.closes, m.closed_on)
    IS DISTINCT FROM (excluded.name, excluded.timezone, excluded.opens, excluded.closes, excluded.closed_on);
