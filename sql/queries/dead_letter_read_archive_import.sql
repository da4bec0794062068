SELECT coalesce(sum(rows_read), 0) FROM ops.archive_import WHERE source = %(museum)s AND state IN ('held', 'loaded')
