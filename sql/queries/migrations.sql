-- What is asked before a schema is changed.

-- name: tables
-- How many tables a schema holds beside the one with its version; 0 where there is no such schema.
SELECT count(*)
FROM pg_class
WHERE relnamespace = to_regnamespace(%(schema)s) AND relkind IN ('r', 'p') AND relname <> %(version_table)s
