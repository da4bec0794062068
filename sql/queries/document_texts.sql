-- Texts of documents; of one that is too long for a model, no more than shows that it is.
SELECT document_id::text, left(content, %(most)s) AS content FROM documents.file
WHERE museum = %(museum)s AND document_id = ANY(%(ids)s::uuid[])
