CREATE OR REPLACE VIEW {view} AS
SELECT {columns} FROM {parent}
WHERE import_id = (SELECT import_id FROM ops.archive_current WHERE source = {source})
