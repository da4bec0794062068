DELETE FROM ops.partitioned_table WHERE parent = 'staging.makers';
DROP TABLE staging.makers;
