-- What the listing does not hold is gone. A bucket that is no longer the museum's holds nothing of it.
UPDATE documents.object AS o SET gone_at = now()
WHERE o.museum = %(museum)s AND o.gone_at IS NULL
  AND (o.bucket <> %(bucket)s
       OR NOT EXISTS (SELECT FROM document_listing AS l WHERE l.document_id = o.document_id))
