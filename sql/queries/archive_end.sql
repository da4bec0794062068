UPDATE ops.archive_import
SET state = %(state)s, message = %(message)s, partial = partial OR %(partial)s, ended_at = now()
WHERE id = %(id)s
