INSERT INTO kiosk.incident_type (museum, incident_type, label)
SELECT %(museum)s, t.value, t.label
FROM unnest(%(values)s::smallint [], %(labels)s::text []) AS t (value, label)
ON CONFLICT (museum, incident_type) DO UPDATE SET label = excluded.label WHERE incident_type.label <> excluded.label
