SELECT content FROM documents.file WHERE museum = %(museum)s AND document_id = %(id)s::uuid
