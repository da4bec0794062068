WITH best AS (
    SELECT id FROM ops.archive_import
    WHERE source = %(source)s AND state = 'loaded'
    ORDER BY year DESC NULLS LAST, id DESC
    LIMIT 1
), pointed AS (
    INSERT INTO ops.archive_current (source, import_id)
    SELECT %(source)s, id FROM best
    ON CONFLICT (source) DO UPDATE SET import_id = excluded.import_id, since = now()
    WHERE archive_current.import_id <> excluded.import_id
)
DELETE FROM ops.archive_current WHERE source = %(source)s AND NOT EXISTS (SELECT FROM best)
