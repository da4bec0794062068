ALTER TABLE ops.vector DROP COLUMN unused_since;
