-- A museum's own word, in field, means the searchable work types in value. It is of no record, and
-- part of the mapping's contract: all of a museum's records are read again.

ALTER TABLE ops.correction
    DROP CONSTRAINT correction_kind_check,
    DROP CONSTRAINT correction_check,
    ADD CONSTRAINT correction_kind_check CHECK (kind IN ('field', 'exclude', 'wins', 'term')),
    ADD CONSTRAINT correction_check CHECK ((kind IN ('field', 'term')) = (field <> '')),
    ADD CONSTRAINT correction_record_check CHECK ((kind = 'term') = (record_id = ''));
