-- Who may do what in production: the roles of those who publish and of those who read.
-- database: production

-- name: owned_by_others
-- What is in production and does not belong to a role: tables, views, sequences and functions, each as ALTER names it.
SELECT kind, name
FROM (
    SELECT CASE c.relkind WHEN 'v' THEN 'VIEW' WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END AS kind,
           c.oid::regclass::text AS name, c.relowner AS owner
    FROM pg_class AS c
    WHERE c.relnamespace = 'production'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'S')
        -- The sequence of an identity column goes with its table.
        AND NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.objid = c.oid AND d.deptype = 'i' AND c.relkind = 'S')
    UNION ALL
    SELECT 'FUNCTION', p.oid::regprocedure::text, p.proowner
    FROM pg_proc AS p
    WHERE p.pronamespace = 'production'::regnamespace
) AS thing
WHERE owner <> %(role)s::regrole
ORDER BY kind, name

-- name: views_hidden_from
-- The views of production that a role may not read yet. None when there is no such role.
SELECT c.oid::regclass::text AS name
FROM pg_class AS c
JOIN pg_roles AS r ON r.rolname = %(role)s
WHERE c.relnamespace = 'production'::regnamespace AND c.relkind = 'v'
    AND NOT has_table_privilege(r.oid, c.oid, 'SELECT')
ORDER BY name
