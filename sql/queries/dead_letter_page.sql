-- The next ids after one, as many as fit the bounds and never none: a body larger than the bound comes alone.
SELECT id
FROM (
    SELECT id, sum(octet_length(body)) OVER (ORDER BY id) - octet_length(body) AS bytes_before
    FROM (
        SELECT id, body
        FROM ops.dead_letter
        WHERE {chosen} AND id > %(after)s
        ORDER BY id
        LIMIT %(limit)s
    ) AS next
) AS measured
WHERE bytes_before < %(bytes)s
ORDER BY id
