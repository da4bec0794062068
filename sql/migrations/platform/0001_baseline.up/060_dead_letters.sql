-- One list holds everything that a person must look at: rows, messages and documents that broke a
-- rule, with the bytes as they came, so that they can be replayed when the rule, the code or the
-- world has changed.

CREATE TABLE ops.dead_letter (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source text NOT NULL,
    museum text NOT NULL,
    place text NOT NULL,
    reasons text[] NOT NULL CHECK (cardinality(reasons) > 0),
    message text,
    body bytea NOT NULL,
    context jsonb NOT NULL DEFAULT '{}',
    state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'replayed', 'closed')),
    arrived_at timestamptz NOT NULL DEFAULT now(),
    replays integer NOT NULL DEFAULT 0,
    settled_at timestamptz,
    settled_by text,
    note text,
    UNIQUE (source, museum, place),
    CHECK ((state = 'open') = (settled_at IS NULL))
);
CREATE INDEX ON ops.dead_letter (source, museum, id) WHERE state = 'open';
COMMENT ON COLUMN ops.dead_letter.source IS
    'Who refused it, such as kiosk_file or kiosk_stream; names what replays it.';
COMMENT ON COLUMN ops.dead_letter.place IS
    'Where it came from, so that reading it twice makes one letter: file and line, topic, '
    'partition and offset.';
COMMENT ON COLUMN ops.dead_letter.replays IS 'Replays that were refused again.';
COMMENT ON COLUMN ops.dead_letter.settled_by IS
    'Who replayed or closed it: a person, or the asset that did so by itself.';
