-- The records that a person may mean by an object number or an internal id, staged ones first.
SELECT record_id, 1 AS preference FROM staging.artwork
WHERE museum = %(museum)s AND (object_number = %(name)s OR record_id = %(name)s)
UNION
SELECT record_id, 2 FROM raw.record WHERE museum = %(museum)s AND record_id = %(name)s
UNION
-- A record that could never be fetched is known from its failure alone.
SELECT record_id, 2 FROM ops.ledger WHERE museum = %(museum)s AND stage = 'raw_metadata' AND record_id = %(name)s
UNION
-- Rejected and duplicate records carry their number only inside the payload (the Rijksmuseum's inside its EDM).
SELECT record_id, 3 FROM raw.record
WHERE museum = %(museum)s
  AND (jsonb_path_exists(payload, '$.* ? (@ == $name)', jsonb_build_object('name', %(name)s::text))
       OR strpos(payload ->> 'edm', '>' || %(name)s::text || '<') > 0)
ORDER BY preference, record_id
