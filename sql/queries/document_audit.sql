-- Documents that the ledger calls done and that are not there.
SELECT l.stage, l.record_id
FROM ops.ledger l
WHERE l.museum = %(museum)s AND l.outcome = 'done'
  AND (l.stage = 'document_files' AND NOT EXISTS (
           SELECT FROM documents.file f WHERE f.museum = l.museum AND f.document_id = l.record_id::uuid)
       OR l.stage = 'document_records' AND NOT EXISTS (
           SELECT FROM documents.record r WHERE r.museum = l.museum AND r.document_id = l.record_id::uuid))
ORDER BY l.stage, l.record_id
