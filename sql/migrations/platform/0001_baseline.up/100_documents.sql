-- Documents of the collection museums: what the bucket lists, what was read of it, and the records
-- a model made of that.

CREATE SCHEMA documents;

CREATE TABLE documents.object (
    museum text NOT NULL,
    document_id uuid NOT NULL,
    bucket text NOT NULL,
    key text NOT NULL,
    etag text NOT NULL,
    size bigint NOT NULL,
    modified timestamptz NOT NULL,
    version integer NOT NULL DEFAULT 1,
    first_seen_at timestamptz NOT NULL DEFAULT now(),
    gone_at timestamptz,
    PRIMARY KEY (museum, document_id),
    UNIQUE (museum, bucket, key)
) PARTITION BY LIST (museum);
COMMENT ON TABLE documents.object IS
    'Every object that matched the museum''s wildcard. document_id stays with it to the end; '
    'another etag is a new version.';

CREATE TABLE documents.file (
    museum text NOT NULL,
    document_id uuid NOT NULL,
    version integer NOT NULL,
    key text NOT NULL,
    etag text NOT NULL,
    content_type text NOT NULL,
    encoding text NOT NULL CHECK (encoding IN ('text', 'base64')),
    content text NOT NULL,
    size bigint NOT NULL,
    sha256 bytea NOT NULL,
    staged_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (museum, document_id)
) PARTITION BY LIST (museum);
COMMENT ON TABLE documents.file IS
    'The content as it was read, so that a model''s outage or a new prompt never asks the bucket.';

CREATE TABLE documents.record (
    museum text NOT NULL,
    document_id uuid NOT NULL,
    kind text NOT NULL,
    object_number text NOT NULL,
    fields jsonb NOT NULL,
    contract text NOT NULL,
    read_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (museum, document_id)
) PARTITION BY LIST (museum);
CREATE INDEX ON documents.record (museum, object_number);

INSERT INTO ops.partitioned_table VALUES
    ('collection', 'documents.object'),
    ('collection', 'documents.file'),
    ('collection', 'documents.record');

CREATE VIEW documents.condition_report AS
SELECT museum, document_id, object_number, fields ->> 'condition' AS condition, fields ->> 'damage' AS damage,
       fields ->> 'treatment' AS treatment, fields ->> 'examiner' AS examiner, (fields ->> 'date')::date AS date
FROM documents.record WHERE kind = 'condition_report';

CREATE VIEW documents.loan_letter AS
SELECT museum, document_id, object_number, fields ->> 'lender' AS lender,
       (fields ->> 'from')::date AS "from", (fields ->> 'to')::date AS "to"
FROM documents.record WHERE kind = 'loan_letter';

CREATE VIEW ops.input_document_files AS
SELECT museum, document_id::text AS record_id, sha256(convert_to(key || E'\n' || etag, 'UTF8')) AS input_hash,
       key, etag, size, version
FROM documents.object
WHERE gone_at IS NULL
   OR gone_at > now() - make_interval(
       days => (SELECT value::integer FROM ops.setting WHERE name = 'withdrawal_grace_days'));

-- Without the content: the work list is held in memory a few hundred rows at a time, and a file may
-- have 20 MB.
CREATE VIEW ops.input_document_records AS
SELECT museum, document_id::text AS record_id,
       sha256(sha256 || convert_to(key || E'\n' || content_type, 'UTF8')) AS input_hash,
       key, content_type, encoding
FROM documents.file;
