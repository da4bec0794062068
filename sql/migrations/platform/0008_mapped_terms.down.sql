DELETE FROM ops.correction WHERE kind = 'term';
ALTER TABLE ops.correction
    DROP CONSTRAINT correction_kind_check,
    DROP CONSTRAINT correction_check,
    DROP CONSTRAINT correction_record_check,
    ADD CONSTRAINT correction_kind_check CHECK (kind IN ('field', 'exclude', 'wins')),
    ADD CONSTRAINT correction_check CHECK ((kind = 'field') = (field <> ''));
