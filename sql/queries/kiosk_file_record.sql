-- What became of a version of a file. An exhibition file that went back to an earlier version is recorded anew.
INSERT INTO kiosk.file (museum, key, etag, kind, bytes, last_modified, sha256, outcome, message, rows_read, loaded,
                        duplicate, rejected, loaded_at)
VALUES (%(museum)s, %(key)s, %(etag)s, %(kind)s, %(bytes)s, %(last_modified)s, decode(%(sha256)s, 'hex'), %(outcome)s,
        %(message)s, %(rows_read)s, %(loaded)s, %(duplicate)s, %(rejected)s, clock_timestamp())
ON CONFLICT (museum, key, etag) DO UPDATE
SET last_modified = excluded.last_modified, outcome = excluded.outcome, message = excluded.message,
    rows_read = excluded.rows_read, loaded = excluded.loaded, duplicate = excluded.duplicate,
    rejected = excluded.rejected, loaded_at = excluded.loaded_at
