CREATE TABLE {parent} (import_id bigint NOT NULL, position bigint NOT NULL, {columns}) PARTITION BY LIST (import_id)
