SELECT button, count(*) AS presses
FROM (SELECT 'rating ' || rating AS button FROM candidate.review WHERE museum = %(museum)s AND label IS NULL
      UNION ALL
      SELECT 'incident ' || incident_type FROM candidate.incident WHERE museum = %(museum)s AND label IS NULL) AS p
GROUP BY button
