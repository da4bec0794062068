SELECT count(*) FROM ops.dead_letter WHERE {chosen}
