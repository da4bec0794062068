CREATE TEMP TABLE IF NOT EXISTS {staging} (
    at timestamptz, site integer, button smallint, occurrence smallint, file smallint
) ON COMMIT DELETE ROWS
