-- Notices of failed runs and breached checks: what happened, folded, and a stage of the loop per
-- channel that tells it.

CREATE TABLE ops.notice (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    partition text NOT NULL,
    asset text NOT NULL,
    reason text NOT NULL,
    message text NOT NULL,
    run_id text NOT NULL,
    first_at timestamptz NOT NULL,
    last_at timestamptz NOT NULL,
    seen integer NOT NULL,
    round integer NOT NULL DEFAULT 1,
    round_at timestamptz NOT NULL,
    earlier integer NOT NULL DEFAULT 0,
    channels text[] NOT NULL,
    fingerprint bytea NOT NULL GENERATED ALWAYS AS (sha256(int8send(id) || int4send(round))) STORED,
    UNIQUE (partition, asset, reason)
);
CREATE INDEX ON ops.notice (last_at);
COMMENT ON TABLE ops.notice IS
    'One row per partition, asset and reason. A round is told once: repeats within '
    'NOTICE_WINDOW_MINUTES of its beginning are only counted, a later one begins the next round. '
    'message and run_id are those of the last time.';
COMMENT ON COLUMN ops.notice.earlier IS 'How often it had happened when the round began.';
COMMENT ON COLUMN ops.notice.channels IS
    'Channels that were configured when the round began: these are owed the notice.';

CREATE TABLE ops.notice_event (
    event text PRIMARY KEY,
    seen_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ON ops.notice_event (seen_at);
COMMENT ON TABLE ops.notice_event IS
    'Events that are counted already: a sensor whose tick dies reads the same ones again.';

CREATE TABLE ops.notices_ledger PARTITION OF ops.ledger FOR VALUES IN ('notices');

CREATE VIEW ops.input_notice AS
SELECT 'notices'::text AS museum, id::text AS record_id, fingerprint AS input_hash,
       partition, asset, reason, message, run_id, first_at, last_at, seen, round, earlier, channels
FROM ops.notice;

CREATE VIEW ops.input_notice_mail AS SELECT * FROM ops.input_notice WHERE 'mail' = ANY(channels);
CREATE VIEW ops.input_notice_webhook AS SELECT * FROM ops.input_notice WHERE 'webhook' = ANY(channels);
