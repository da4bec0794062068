-- For each alert about a fact: the statements that bring it about, then those that mend it, where the commands of its
-- runbook do not (test_alerts.py). The museums, record, letter and release are those that the runbooks name.

-- fault of MuseumHarvestOld
UPDATE ops.harvest SET ended_at = now() - interval '19 days'
WHERE museum = 'smk';
-- mended by its runbook

-- fault of MuseumHarvestShort
INSERT INTO ops.harvest (museum, state, ended_at)
VALUES ('met', 'short', now());
-- mended by its runbook

-- fault of MuseumHostSlowed
INSERT INTO ops.host_rate (host, rate, ceiling, next_slot, slowed_until)
VALUES ('api.example.org', 1, 10, now(), now() + interval '1 hour');
-- mended
UPDATE ops.host_rate SET rate = ceiling;

-- fault of MuseumRecordsWait
DELETE FROM ops.ledger
WHERE museum = 'smk' AND stage = 'stored_thumbnails' AND record_id IN (
    SELECT record_id FROM staging.artwork WHERE museum = 'smk' AND object_number = 'KMS1');
UPDATE ops.ledger SET attempted_at = now() - interval '3 days'
WHERE museum = 'smk' AND stage = 'transformed_artworks';
-- mended by its runbook

-- fault of MuseumRecordsFail
UPDATE ops.ledger SET outcome = 'failed', code = 'internal', permanent = true
WHERE museum = 'smk' AND stage = 'transformed_artworks' AND record_id = (
    SELECT max(record_id) FROM raw.record WHERE museum = 'smk');
-- mended by its runbook

-- fault of MuseumDeadLettersWait
INSERT INTO ops.dead_letter (id, source, museum, place, reasons, body, arrived_at) OVERRIDING SYSTEM VALUE
VALUES (7, 'stored_thumbnails', 'smk', '7', '{gone}', '', now() - interval '8 days');
-- mended by its runbook

-- fault of MuseumNoticesUntold
INSERT INTO ops.notice (partition, asset, reason, message, run_id, first_at, last_at, seen, round_at, channels)
VALUES ('smk', 'raw_metadata', 'unavailable', '', '', now(), now(), 1, now() - interval '2 hours', '{webhook}');
-- mended by its runbook

-- fault of MuseumCandidateWaits
UPDATE production.current_release SET committed_at = now() - interval '6 days'
WHERE museum = 'smk';
UPDATE candidate.made SET made_at = now() - interval '5 days'
WHERE museum = 'smk';
-- mended by its runbook

-- fault of MuseumReleaseRolledBack
INSERT INTO production.promotion (museum, action, by, why)
VALUES ('smk', 'automatic_rollback', 'canary', '');
-- mended
UPDATE production.promotion SET at = now() - interval '2 days'
WHERE action = 'automatic_rollback';

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
FROM generate_series(1, 30) AS n;
-- mended
INSERT INTO runs (run_id, pipeline_name, status, start_time, end_time)
SELECT 'good' || n, 'documents', 'SUCCESS', extract(epoch FROM now()) - 60, extract(epoch FROM now())
FROM generate_series(1, 90) AS n;
