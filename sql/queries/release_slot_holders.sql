-- Runs after the slot's partitions were committed: what began later has them in its plans.
UPDATE production.slot AS s
SET holders = ARRAY(
    SELECT DISTINCT l.virtualtransaction
    FROM pg_locks AS l
    JOIN production.museum AS m ON m.museum = s.museum
    JOIN production.release_table AS t ON t.kind = m.kind
    WHERE l.locktype = 'relation' AND l.pid <> pg_backend_pid()
      AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND l.relation = format('production.%%I', m.museum || '_' || t.name || '_release')::regclass)
WHERE s.museum = %(museum)s AND s.holders IS NULL
