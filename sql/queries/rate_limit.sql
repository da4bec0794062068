-- The pace at which all runs together ask a museum's host.

-- name: paused
-- Whether a host asked to be left alone for a while; not when nobody has asked it yet.
SELECT coalesce(bool_or(slowed_until > clock_timestamp()), false)
FROM ops.host_rate
WHERE host = %(host)s
