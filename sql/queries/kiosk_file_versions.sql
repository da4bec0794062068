SELECT key, etag FROM kiosk.file WHERE museum = %(museum)s AND kind = 'history'
