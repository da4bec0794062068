DELETE FROM documents.file WHERE museum = %(museum)s AND document_id = ANY(%(ids)s::uuid[])
