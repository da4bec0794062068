-- Since when nothing shows a vector of the cache, so that pruning can remove it by age.

ALTER TABLE ops.vector ADD COLUMN unused_since timestamptz;
COMMENT ON COLUMN ops.vector.unused_since IS
    'When pruning first saw that neither the ledger, nor a candidate, nor a release has this vector.';
