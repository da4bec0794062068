UPDATE ops.archive_import
SET checkpoint = %(checkpoint)s, rows_read = %(rows_read)s, loaded = %(loaded)s, rejected = %(rejected)s, codes = %(codes)s
WHERE id = %(id)s AND state = 'loading'
