-- depends: production-0001.releases
-- What a person knows must be in production: asked after every promotion, beside what the platform asks by itself.
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
    'count: a view has at least so many rows; object: an object number is there; query: words find at least so many '
    'works, the one in finds among them.';
