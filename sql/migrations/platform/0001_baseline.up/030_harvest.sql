-- How far each walk of a museum's listing came.

CREATE TABLE ops.harvest (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    museum text NOT NULL,
    since timestamptz,
    state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'complete', 'short', 'restarted', 'retried')),
    started_at timestamptz NOT NULL DEFAULT now(),
    ended_at timestamptz,
    checkpoint jsonb,
    counts jsonb NOT NULL DEFAULT '{}'
);
CREATE UNIQUE INDEX ON ops.harvest (museum) WHERE state = 'open';
COMMENT ON TABLE ops.harvest IS
    'One walk of a museum''s listing. An open one is resumed from its checkpoint; only a complete '
    'one withdraws records.';

-- A row for each page: a row for each record cost a harvest a fifth of its time in Postgres, for
-- ids that are read once, when the harvest ends.
CREATE TABLE ops.harvest_page (
    -- No foreign key: a harvest deletes its rows when it ends.
    harvest_id bigint NOT NULL,
    scope text NOT NULL,
    -- JSON, because making the literal of an array took longer than all that Postgres does with it.
    record_ids jsonb NOT NULL
);
CREATE INDEX ON ops.harvest_page (harvest_id);
COMMENT ON TABLE ops.harvest_page IS
    'The ids an open harvest has met, so that raw.record need not be touched for them.';
