SELECT t.kind, t.name,
       array_agg(a.attname::text ORDER BY a.attnum) AS columns,
       array_agg(format_type(a.atttypid, a.atttypmod) ORDER BY a.attnum) AS types,
       (SELECT array_agg(k.attname::text ORDER BY n.position)
        FROM pg_index AS i, unnest(i.indkey) WITH ORDINALITY AS n (attnum, position), pg_attribute AS k
        WHERE i.indrelid = min(a.attrelid::bigint)::oid AND i.indisprimary AND k.attrelid = i.indrelid
          AND k.attnum = n.attnum AND k.attname NOT IN ('slot', 'museum')) AS key
FROM production.release_table AS t
JOIN pg_attribute AS a ON a.attrelid = to_regclass(format('production.%%I', t.name || '_release'))
    AND a.attnum > 0 AND NOT a.attisdropped AND a.attname NOT IN ('museum', 'slot', 'row_hash')
GROUP BY t.kind, t.name, t.step
ORDER BY t.step
