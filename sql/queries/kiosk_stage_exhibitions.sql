CREATE TEMP TABLE IF NOT EXISTS kiosk_staged_exhibition (
    site integer, exhibition_code text, name text, floor text, department text, start_date date, description text
) ON COMMIT DELETE ROWS
