WITH ranked AS (
    SELECT position, first_value(position) OVER (PARTITION BY {keys} ORDER BY position) AS first_position
    FROM {table}
), gone AS (
    DELETE FROM {table} AS t USING ranked AS r
    WHERE r.position = t.position AND r.first_position <> r.position
    RETURNING r.position, r.first_position
), noted AS (
    INSERT INTO ops.archive_duplicate (import_id, position, first_position)
    SELECT %(id)s, position, first_position FROM gone
    RETURNING 1
)
UPDATE ops.archive_import
SET loaded = loaded - (SELECT count(*) FROM noted), duplicate = duplicate + (SELECT count(*) FROM noted)
WHERE id = %(id)s
