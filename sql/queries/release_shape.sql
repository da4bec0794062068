SELECT t.kind, t.name, t.key,
       array_agg(a.attname::text ORDER BY a.attnum) AS columns,
       array_agg(format_type(a.atttypid, a.atttypmod) ORDER BY a.attnum) AS types
FROM production.release_table AS t
JOIN pg_attribute AS a ON a.attrelid = to_regclass(format('production.%I', t.name || '_release'))
    AND a.attnum > 0 AND NOT a.attisdropped AND a.attname NOT IN ('museum', 'slot', 'row_hash')
GROUP BY t.name
ORDER BY t.step
