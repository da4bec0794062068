SELECT partition, next_offset, generation, anchor
FROM kiosk.stream_position
WHERE museum = %(museum)s AND topic = %(topic)s
