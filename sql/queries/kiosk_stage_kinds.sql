-- A press is staged as when it was and of which kind; few kinds have many presses. So COPY has two columns of a press to take
-- apart instead of five, and the foreign keys are looked up for kinds.
CREATE TEMP TABLE IF NOT EXISTS kiosk_staged_kind (
    kind integer PRIMARY KEY, site integer, button smallint, occurrence smallint, file smallint
) ON COMMIT DELETE ROWS
