-- The condition of every question about letters that a person may narrow down.
(%(source)s::text IS NULL OR source = %(source)s)
AND (%(museum)s::text IS NULL OR museum = %(museum)s)
AND (%(reason)s::text IS NULL OR reasons @> ARRAY[%(reason)s::text])
AND (%(ids)s::bigint[] IS NULL OR id = ANY(%(ids)s))
AND (%(state)s::text IS NULL OR state = %(state)s)
AND context @> %(context)s
