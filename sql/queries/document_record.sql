INSERT INTO documents.record (museum, document_id, kind, object_number, fields, contract)
VALUES (%(museum)s, %(document_id)s, %(kind)s, %(object_number)s, %(fields)s::jsonb, %(contract)s)
