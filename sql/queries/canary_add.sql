INSERT INTO production.canary (museum, kind, subject, at_least, finds, added_by)
VALUES (%(museum)s, %(kind)s, %(subject)s, %(at_least)s, %(finds)s, %(by)s)
ON CONFLICT (museum, kind, subject) DO UPDATE
SET at_least = excluded.at_least, finds = excluded.finds, added_by = excluded.added_by, added_at = now()
