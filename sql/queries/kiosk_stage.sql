CREATE TEMP TABLE IF NOT EXISTS {staging} (at timestamptz, kind integer) ON COMMIT DELETE ROWS
