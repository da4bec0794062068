SELECT coalesce(sum(messages), 0) FROM kiosk.stream_position WHERE museum = %(museum)s
