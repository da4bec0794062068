SELECT kind, outcome, count(*) AS files, sum(rows_read)::bigint AS rows_read, sum(loaded)::bigint AS loaded,
    sum(duplicate)::bigint AS duplicate, sum(rejected)::bigint AS rejected
FROM kiosk.file
WHERE museum = %(museum)s
GROUP BY kind, outcome
ORDER BY kind, outcome
