-- No sensor goes back as far as this.
DELETE FROM ops.notice_event WHERE seen_at < now() - make_interval(days => %(days)s)
