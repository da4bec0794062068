-- Which of these records are not asked for again by themselves: of a museum that sends whole pages, all.
SELECT record_id, code, message FROM ops.ledger
WHERE museum = %(museum)s AND stage = 'raw_metadata' AND (permanent OR %(whole_pages)s) AND record_id = ANY(%(record_ids)s)
ORDER BY record_id
