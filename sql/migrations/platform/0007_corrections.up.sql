-- What curators correct. A correction is part of the record's input to the transform, so making one,
-- taking it back and the day when it ends each make exactly that record due.

CREATE TABLE ops.correction (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    museum text NOT NULL,
    record_id text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('field', 'exclude', 'wins')),
    field text NOT NULL DEFAULT '',
    value jsonb,
    replaced jsonb,
    seen jsonb,
    why text NOT NULL CHECK (why <> ''),
    made_by text NOT NULL CHECK (made_by <> ''),
    made_at timestamptz NOT NULL DEFAULT now(),
    until date,
    dropped_at timestamptz,
    dropped_by text,
    CHECK ((kind = 'field') = (field <> '')),
    CHECK ((dropped_at IS NULL) = (dropped_by IS NULL))
);
CREATE UNIQUE INDEX ON ops.correction (museum, record_id, kind, field) WHERE dropped_at IS NULL;
COMMENT ON TABLE ops.correction IS
    'What a person decided over a museum''s record: a field''s value, that the work is excluded, or '
    'that this record wins over the one in value, which has the same object number. Rows are never '
    'deleted: one that was taken back or replaced has dropped_at.';
COMMENT ON COLUMN ops.correction.replaced IS
    'What the museum said when the correction was made.';
COMMENT ON COLUMN ops.correction.seen IS
    'What the museum said when a person last looked: the same, or what they kept the correction over.';
COMMENT ON COLUMN ops.correction.until IS
    'The last day on which it holds; null: until it is taken back.';

-- By record, what holds today. A record that loses to one that a person chose is due with it.
CREATE VIEW ops.correction_in_effect AS
SELECT museum, record_id, bool_or(kind = 'wins') AS wins,
       jsonb_agg(jsonb_build_object('id', id, 'kind', kind, 'field', field, 'value', value,
                                    'by', made_by, 'why', why) ORDER BY id) AS corrections
FROM (
    SELECT museum, record_id, id, kind, field, value, made_by, why
    FROM ops.correction
    WHERE dropped_at IS NULL AND (until IS NULL OR until >= current_date)
    UNION ALL
    SELECT museum, value #>> '{}', id, 'loses', field, value, made_by, why
    FROM ops.correction
    WHERE kind = 'wins' AND dropped_at IS NULL AND (until IS NULL OR until >= current_date)
) AS each
GROUP BY museum, record_id;

-- Of two records with one object number the one with the lower seq wins: a chosen one's is below all
-- that the sequence gives.
CREATE OR REPLACE VIEW ops.input_transformed_artworks AS
SELECT r.museum, r.record_id,
       CASE WHEN c.record_id IS NULL THEN r.payload_hash
            ELSE sha256(r.payload_hash || convert_to(c.corrections::text, 'UTF8')) END AS input_hash,
       CASE WHEN c.wins THEN r.seq - 4611686018427387904 ELSE r.seq END AS seq,
       r.payload, c.corrections
FROM raw.record AS r
LEFT JOIN ops.correction_in_effect AS c ON c.museum = r.museum AND c.record_id = r.record_id
WHERE r.withdrawn_at IS NULL
   OR r.withdrawn_at > now() - make_interval(
       days => (SELECT value::integer FROM ops.setting WHERE name = 'withdrawal_grace_days'));
