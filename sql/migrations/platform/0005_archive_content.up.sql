COMMENT ON COLUMN ops.archive_import.content_hash IS
    'SHA-256 of the SHA-256 of what the members hold that were read, whatever archive is around '
    'them. With the contract it says what an import is made of.';
