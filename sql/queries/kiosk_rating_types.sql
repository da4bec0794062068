INSERT INTO kiosk.rating_type (museum, rating, label)
SELECT %(museum)s, t.value, t.label
FROM unnest(%(values)s::smallint [], %(labels)s::text []) AS t (value, label)
ON CONFLICT (museum, rating) DO UPDATE SET label = excluded.label WHERE rating_type.label <> excluded.label
