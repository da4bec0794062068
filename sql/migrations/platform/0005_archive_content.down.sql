COMMENT ON COLUMN ops.archive_import.content_hash IS
    'SHA-256 of the files'' SHA-256. With the contract it says what an import is made of.';
