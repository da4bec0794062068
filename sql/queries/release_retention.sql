-- Ready releases, newest first, with what decides whether one may go: whether it is live, was live last, and whether a
-- transaction is open that began before readers stopped seeing it. Rows would survive such a reader, points would not.
SELECT r.release_id, r.slot,
       r.release_id IS NOT DISTINCT FROM c.release_id AS live,
       r.release_id IS NOT DISTINCT FROM production.live_before(r.museum) AS before,
       EXISTS (
           SELECT FROM pg_stat_activity AS a
           WHERE a.datname = current_database() AND a.backend_type = 'client backend' AND a.pid <> pg_backend_pid() AND a.xact_start <= (
               SELECT max(p.at) FROM production.promotion AS p
               WHERE p.museum = r.museum AND p.from_release = r.release_id)) AS read
FROM production.release AS r
LEFT JOIN production.current_release AS c ON c.museum = r.museum
WHERE r.museum = %(museum)s AND r.state = 'ready'
ORDER BY r.release_id DESC
