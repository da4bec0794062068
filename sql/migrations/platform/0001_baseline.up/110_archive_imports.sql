-- Bulk imports of declared sources. A source's rows lie in archive.<source>__all, which has a
-- partition per import: an import is loaded into a table of its own, attached when it is whole, and
-- rolled back by dropping that table. Those tables are made from the source's declaration. Readers
-- see archive.<source>, a view of the current import, which one pointer row decides, as for
-- releases.

CREATE SCHEMA archive;

CREATE TABLE ops.archive_import (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source text NOT NULL,
    year integer,
    files jsonb NOT NULL,
    content_hash bytea NOT NULL,
    contract text NOT NULL,
    state text NOT NULL DEFAULT 'loading'
        CHECK (state IN ('loading', 'held', 'loaded', 'failed', 'rolled_back')),
    partial boolean NOT NULL DEFAULT false,
    checkpoint jsonb,
    rows_read bigint NOT NULL DEFAULT 0,
    loaded bigint NOT NULL DEFAULT 0,
    rejected bigint NOT NULL DEFAULT 0,
    duplicate bigint NOT NULL DEFAULT 0,
    codes jsonb NOT NULL DEFAULT '{}',
    message text,
    started_at timestamptz NOT NULL DEFAULT now(),
    ended_at timestamptz,
    CHECK (rows_read = loaded + rejected + duplicate)
);
CREATE UNIQUE INDEX ON ops.archive_import (source) WHERE state = 'loading';
CREATE INDEX ON ops.archive_import (source, id);
COMMENT ON TABLE ops.archive_import IS
    'One import of a declared source as a whole. loading: resumed at its checkpoint; held: loaded '
    'but for rejected rows, and not current until somebody asks for a partial import; failed and '
    'rolled_back have left no rows.';
COMMENT ON COLUMN ops.archive_import.content_hash IS
    'SHA-256 of the files'' SHA-256. With the contract it says what an import is made of.';
COMMENT ON COLUMN ops.archive_import.codes IS
    'Rejected rows by code. The rows themselves are dead letters.';

CREATE TABLE ops.archive_current (
    source text PRIMARY KEY,
    import_id bigint NOT NULL REFERENCES ops.archive_import,
    since timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE ops.archive_current IS
    'The import that a source''s view shows: the latest one of the latest year.';

CREATE TABLE ops.archive_duplicate (
    import_id bigint NOT NULL REFERENCES ops.archive_import,
    position bigint NOT NULL,
    first_position bigint NOT NULL,
    PRIMARY KEY (import_id, position)
);
COMMENT ON TABLE ops.archive_duplicate IS
    'Rows left out because an earlier row of the import has the same key, by their number among '
    'the rows read.';
