-- The version of this history lies in the schema ops, which therefore stays.

DROP SCHEMA candidate, archive, documents, kiosk, staging, raw CASCADE;
DROP TABLE ops.drift_acceptance, ops.notice_event, ops.notice, ops.archive_duplicate, ops.archive_current,
    ops.archive_import, ops.host_rate, ops.dead_letter, ops.vector, ops.abandoned_output, ops.ledger, ops.harvest_page,
    ops.harvest, ops.setting, ops.partitioned_table CASCADE;
DROP FUNCTION ops.slow_down_host, ops.reserve_slots, ops.pair_digest, ops.add_museum, ops.build_keys, ops.partition_of;
