INSERT INTO kiosk.stream_position (museum, topic, partition, next_offset)
VALUES (%(museum)s, %(topic)s, %(partition)s, %(next_offset)s)
ON CONFLICT DO NOTHING
