-- For each alert about a fact: the statement that brings it about, then the one that mends it (test_alerts.py).

-- fault of MuseumHarvestOld
INSERT INTO ops.harvest (museum, state, started_at, ended_at)
VALUES ('smk', 'complete', now() - interval '20 days', now() - interval '19 days');
-- mended
INSERT INTO ops.harvest (museum, state, ended_at)
VALUES ('smk', 'complete', now());

-- fault of MuseumHarvestShort
INSERT INTO ops.harvest (museum, state, ended_at)
VALUES ('met', 'short', now());
-- mended
INSERT INTO ops.harvest (museum, state, ended_at)
VALUES ('met', 'complete', now());

-- fault of MuseumHostSlowed
INSERT INTO ops.host_rate (host, rate, ceiling, next_slot)
VALUES ('api.example.org', 1, 10, now());
-- mended
UPDATE ops.host_rate SET rate = ceiling;

-- fault of MuseumRecordsWait
INSERT INTO raw.record (museum, record_id, payload_hash, payload, fetched_at)
VALUES ('aic', '1', 'x', '{}', now() - interval '3 days');
-- mended
DELETE FROM raw.record WHERE museum = 'aic';

-- fault of MuseumRecordsFail
WITH stored AS (INSERT INTO raw.record (museum, record_id, payload_hash, payload)
VALUES ('cma', '1', 'x', '{}'))
INSERT INTO ops.ledger (museum, stage, record_id, input_hash, contract, outcome, code, permanent)
VALUES ('cma', 'transformed_artworks', '1', 'x', %(contract)s, 'failed', 'internal', true);
-- mended
UPDATE ops.ledger SET outcome = 'done', code = NULL, permanent = false
WHERE museum = 'cma';

-- fault of MuseumDeadLettersWait
INSERT INTO ops.dead_letter (source, museum, place, reasons, body, arrived_at)
VALUES ('kiosk_file', 'lmnh', 'a.csv:7', '{bad_time}', '', now() - interval '8 days');
-- mended
UPDATE ops.dead_letter SET state = 'closed', settled_at = now(), settled_by = 'Ida';

-- fault of MuseumNoticesUntold
INSERT INTO ops.notice (partition, asset, reason, message, run_id, first_at, last_at, seen, round_at, channels)
VALUES ('smk', 'raw_metadata', 'unavailable', '', '', now(), now(), 1, now() - interval '2 hours', '{mail}');
-- mended
INSERT INTO ops.ledger (museum, stage, record_id, input_hash, contract, outcome)
SELECT 'notices', 'notice_mail', id::text, fingerprint, 'notice', 'done'
FROM ops.notice;

-- fault of MuseumCandidateWaits
INSERT INTO candidate.made (museum, made_at, counts)
VALUES ('smk', now() - interval '5 days', '{}');
-- mended
UPDATE candidate.made SET made_at = now();

-- fault of MuseumReleaseRolledBack
INSERT INTO production.promotion (museum, action, by, why)
VALUES ('smk', 'automatic_rollback', 'canary', '');
-- mended
UPDATE production.promotion SET at = now() - interval '2 days';

-- fault of MuseumRunsQueue (Dagster's database)
INSERT INTO runs (run_id, pipeline_name, status, create_timestamp)
VALUES ('queued', '__ASSET_JOB', 'QUEUED', now() AT TIME ZONE 'UTC' - interval '1 hour');
-- mended
UPDATE runs SET status = 'CANCELED' WHERE run_id = 'queued';

-- fault of MuseumRunHangs (Dagster's database)
INSERT INTO runs (run_id, pipeline_name, status, start_time)
VALUES ('hangs', '__ASSET_JOB', 'STARTED', extract(epoch FROM now()) - 13 * 3600);
-- mended
UPDATE runs SET status = 'CANCELED' WHERE run_id = 'hangs';

-- fault of MuseumRunsFail (Dagster's database)
INSERT INTO runs (run_id, pipeline_name, status, start_time, end_time)
SELECT 'failed' || n, 'documents', 'FAILURE', extract(epoch FROM now()) - 60, extract(epoch FROM now())
FROM generate_series(1, 3) AS n;
-- mended
INSERT INTO runs (run_id, pipeline_name, status, start_time, end_time)
SELECT 'good' || n, 'documents', 'SUCCESS', extract(epoch FROM now()) - 60, extract(epoch FROM now())
FROM generate_series(1, 9) AS n;
