SELECT coalesce(sum(rows_read), 0) FROM kiosk.file WHERE museum = %(museum)s
