-- What is published. Nobody edits it: a promotion fills a slot, one UPDATE of the museum's pointer
-- row commits it, and readers follow the pointer through views (docs/decisions/0011). It may be a
-- database of its own. The schema production is there already: it holds the version of this
-- history.

CREATE TABLE production.museum (
    museum text PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('collection', 'kiosk'))
);

-- Slots are fixed. A partition attached for a release would be unknown to a plan made before: on
-- PostgreSQL 18 a prepared statement in a READ COMMITTED transaction kept its old plan, and read
-- nothing at all once the pointer had moved. A partition detached for pruning is taken from under
-- snapshots that still read it. Rows come and go by MVCC instead.
CREATE TABLE production.slot (
    museum text NOT NULL REFERENCES production.museum,
    slot smallint NOT NULL,
    holders text[],
    PRIMARY KEY (museum, slot)
);
COMMENT ON COLUMN production.slot.holders IS
    'Transactions that may hold a plan from before the slot was attached; it is not used before '
    'they have ended. Null: not looked up yet.';

CREATE TABLE production.release (
    museum text NOT NULL REFERENCES production.museum,
    release_id bigint NOT NULL,
    slot smallint NOT NULL,
    state text NOT NULL DEFAULT 'building' CHECK (state IN ('building', 'ready', 'failed', 'pruned')),
    made_at timestamptz NOT NULL DEFAULT now(),
    made_by text NOT NULL,
    why text NOT NULL,
    ready_at timestamptz,
    watched_at timestamptz,
    candidate_made_at timestamptz,
    forced jsonb NOT NULL DEFAULT '{}',
    counts jsonb NOT NULL DEFAULT '{}',
    checksums jsonb NOT NULL DEFAULT '{}',
    summary jsonb NOT NULL DEFAULT '{}',
    outside jsonb NOT NULL DEFAULT '{}',
    warnings jsonb NOT NULL DEFAULT '[]',
    message text,
    PRIMARY KEY (museum, release_id),
    UNIQUE (museum, release_id, slot),
    FOREIGN KEY (museum, slot) REFERENCES production.slot
);
CREATE UNIQUE INDEX ON production.release (museum, slot) WHERE state IN ('building', 'ready');
COMMENT ON COLUMN production.release.release_id IS 'Per museum 1, 2, 3 …: the order of building.';
COMMENT ON COLUMN production.release.forced IS
    'What a person promoted over: findings by name, with who and why.';
COMMENT ON COLUMN production.release.warnings IS
    'What goes along with it and is no reason against it, such as untrained vectors.';
COMMENT ON COLUMN production.release.message IS
    'Why it is none to go back to by itself: it failed, or its canary sent it back.';
COMMENT ON COLUMN production.release.watched_at IS
    'When its canary found nothing wrong; the next promotion asks again where that is missing.';
COMMENT ON COLUMN production.release.outside IS
    'What is published in the vector index and the thumbnails bucket; empty once pruned there.';

-- Not truncated by vacuum: many moves beside old snapshots spread the pointer's versions over
-- several pages, and truncating those takes a lock that every reader would wait for.
CREATE TABLE production.current_release (
    museum text PRIMARY KEY REFERENCES production.museum,
    release_id bigint,
    slot smallint,
    committed_at timestamptz NOT NULL DEFAULT now(),
    committed_by text NOT NULL,
    FOREIGN KEY (museum, release_id, slot) REFERENCES production.release (museum, release_id, slot),
    CHECK ((release_id IS NULL) = (slot IS NULL))
) WITH (vacuum_truncate = false);
COMMENT ON TABLE production.current_release IS
    'The pointer: which release of each museum readers see; null for a retracted one.';

CREATE TABLE production.promotion (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    museum text NOT NULL REFERENCES production.museum,
    action text NOT NULL CHECK (action IN ('promote', 'rollback', 'retract', 'automatic_rollback')),
    from_release bigint,
    to_release bigint,
    at timestamptz NOT NULL DEFAULT now(),
    by text NOT NULL,
    why text NOT NULL
);
CREATE INDEX ON production.promotion (museum, id);
COMMENT ON TABLE production.promotion IS
    'Every move of a pointer, with who and why; rows are only added.';

-- What a person knows must be in production. It is asked after every promotion, beside what the
-- platform asks by itself.
CREATE TABLE production.canary (
    museum text NOT NULL REFERENCES production.museum,
    kind text NOT NULL CHECK (kind IN ('count', 'object', 'query')),
    subject text NOT NULL CHECK (subject <> ''),
    at_least integer NOT NULL DEFAULT 1 CHECK (at_least > 0),
    finds text,
    added_by text NOT NULL CHECK (added_by <> ''),
    added_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (museum, kind, subject),
    CHECK (finds IS NULL OR kind = 'query')
);
COMMENT ON TABLE production.canary IS
    'count: a view has at least so many rows; object: an object number is there; query: words find '
    'at least so many works, the one in finds among them.';
