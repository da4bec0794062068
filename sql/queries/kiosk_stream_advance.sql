-- The condition holds even when the lock of the one consumer was lost with its connection.
UPDATE kiosk.stream_position
SET next_offset = %(next_offset)s, generation = %(generation)s, anchor = %(anchor)s,
    messages = messages + %(messages)s, loaded = loaded + %(loaded)s,
    duplicate = duplicate + %(duplicate)s, rejected = rejected + %(rejected)s, updated_at = now()
WHERE museum = %(museum)s AND topic = %(topic)s AND partition = %(partition)s
  AND next_offset = %(before_offset)s AND generation = %(before_generation)s
