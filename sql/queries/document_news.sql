-- What a part of a bucket's listing, from one key to another, has that is not known, and what it lacks; and when a
-- document last came to an end, which grows with every run that got somewhere.
WITH listed AS (SELECT * FROM unnest(%(keys)s::text[], %(etags)s::text[]) AS l (key, etag)),
     known AS (SELECT key, etag, bucket = %(bucket)s AS here FROM documents.object
               WHERE museum = %(museum)s AND gone_at IS NULL)
SELECT (SELECT count(*) FROM listed l
        WHERE NOT EXISTS (SELECT FROM known k WHERE k.here AND k.key = l.key AND k.etag = l.etag)) AS new,
       (SELECT count(*) FROM known k
        WHERE NOT here
           OR key COLLATE "C" > %(after)s AND (%(end)s = '' OR key COLLATE "C" <= %(end)s)
              AND NOT EXISTS (SELECT FROM listed l WHERE l.key = k.key)) AS gone,
       (SELECT coalesce(extract(epoch FROM max(attempted_at)) * 1000, 0)::bigint FROM ops.ledger
        WHERE museum = %(museum)s AND stage LIKE 'document\_%%' AND (outcome <> 'failed' OR permanent)) AS settled
