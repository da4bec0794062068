SELECT c.relname AS name, array_agg(a.attname::text ORDER BY a.attnum) AS columns,
       array_agg(format_type(a.atttypid, a.atttypmod) ORDER BY a.attnum) AS types
FROM pg_class AS c
JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    AND a.attname NOT IN ('museum', 'row_hash')
WHERE c.relnamespace = 'candidate'::regnamespace AND c.relkind = 'p'
GROUP BY c.relname
