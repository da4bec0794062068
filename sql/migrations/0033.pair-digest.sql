-- depends: 0032.kiosk-keys
-- Whether two sets of records and their fingerprints are the same is told by all digests xored: two sets that differ are
-- taken for the same once in 2^64.
DO $$ BEGIN
    EXECUTE 'CREATE FUNCTION ops.pair_digest(record_id text, fingerprint bytea) RETURNS bigint
        LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN '
        || CASE WHEN current_setting('server_version_num')::integer >= 180000
               THEN 'hashbyteaextended(fingerprint, hashtextextended(record_id, 0))'
               ELSE 'hashtextextended(fingerprint::text, hashtextextended(record_id, 0))' END;
END $$;
COMMENT ON FUNCTION ops.pair_digest IS '64 bits of a record id and its fingerprint, of no meaning beyond this database.';
