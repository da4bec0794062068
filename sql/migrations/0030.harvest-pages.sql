-- depends: 0001.schemas
-- What an open harvest has met, a row for each page instead of one for each record: its own table and index had cost a
-- harvest a fifth of its time in Postgres, for ids that are read once, when the harvest ends.

CREATE TABLE ops.harvest_page (
    -- No foreign key: a harvest deletes its rows when it ends.
    harvest_id bigint NOT NULL,
    scope text NOT NULL,
    -- JSON and not an array: making the literal of an array took longer than all that Postgres does with it.
    record_ids jsonb NOT NULL
);
INSERT INTO ops.harvest_page
SELECT harvest_id, scope, jsonb_agg(record_id) FROM ops.harvest_seen GROUP BY harvest_id, scope;
CREATE INDEX ON ops.harvest_page (harvest_id);
COMMENT ON TABLE ops.harvest_page IS 'The ids an open harvest has met, so that raw.record need not be touched for them.';
DROP TABLE ops.harvest_seen;
