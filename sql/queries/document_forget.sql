DELETE FROM documents.record WHERE museum = %(museum)s AND document_id = ANY(%(ids)s::uuid[])
