DELETE FROM ops.partitioned_table WHERE parent = 'staging.joined_identities';
DROP TABLE staging.joined_identities;
