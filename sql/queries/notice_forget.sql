-- What has not happened again for a season.
DELETE FROM ops.notice WHERE last_at < now() - make_interval(days => %(days)s)
