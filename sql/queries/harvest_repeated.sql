-- How many entries of a harvest named a record that the same scope had listed before.
SELECT scope, sum(times - 1)::bigint AS repeated
FROM (
    SELECT scope, count(*) AS times
    FROM ops.harvest_page, jsonb_array_elements_text(record_ids) AS met (record_id)
    WHERE harvest_id = %(harvest)s
    GROUP BY scope, record_id
) AS entries
GROUP BY scope
