-- depends: production-0002.canary
-- As for the slots: many moves beside old snapshots spread the pointer's versions over several pages, and truncating those
-- takes a lock that every reader would wait for.

ALTER TABLE production.current_release SET (vacuum_truncate = false);
