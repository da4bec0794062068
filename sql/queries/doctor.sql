-- What `museum doctor` asks the databases: nothing is changed, and nothing of the platform's need be there.

-- name: database
-- Which Postgres this is, and what the login may do with the schemas that the platform makes there.
SELECT current_setting('server_version') AS version,
       current_setting('server_version_num')::integer AS number,
       current_database() AS name,
       current_user AS login,
       pg_encoding_to_char(d.encoding) AS encoding,
       has_database_privilege(d.oid, 'CREATE') AND has_database_privilege(d.oid, 'TEMPORARY') AS may_create,
       ARRAY(
           SELECT n.nspname::text
           FROM pg_namespace AS n
           WHERE n.nspname = ANY (%(schemas)s) AND NOT pg_has_role(n.nspowner, 'USAGE')
           ORDER BY n.nspname
       ) AS owned_by_others,
       to_regclass('public.runs') IS NOT NULL AS dagster,
       current_setting('max_connections')::integer - (SELECT count(*) FROM pg_stat_activity)::integer AS free,
       extract(epoch FROM clock_timestamp())::double precision AS clock
FROM pg_database AS d
WHERE d.datname = current_database()

-- name: readers
-- Whether the login reads what is live, and to how many tables of production it could write.
SELECT current_user AS login,
       coalesce((
           SELECT has_table_privilege(c.oid, 'SELECT') AND has_schema_privilege(c.relnamespace, 'USAGE')
           FROM pg_class AS c
           WHERE c.relnamespace = to_regnamespace('production') AND c.relname = 'live_release'), false) AS reads,
       (SELECT count(*)
        FROM pg_class AS c
        WHERE c.relnamespace = to_regnamespace('production') AND c.relkind IN ('r', 'p')
          AND has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE')) AS writes
