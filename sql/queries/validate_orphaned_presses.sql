SELECT p.exhibition_code, p.what, count(*) AS presses, min(p.at) AS first
FROM (SELECT exhibition_code, at, 'review' AS what FROM candidate.review WHERE museum = %(museum)s
      UNION ALL
      SELECT exhibition_code, at, 'incident' FROM candidate.incident WHERE museum = %(museum)s) AS p
WHERE NOT EXISTS (SELECT FROM candidate.exhibition AS e
                  WHERE e.museum = %(museum)s AND e.exhibition_code = p.exhibition_code)
GROUP BY p.exhibition_code, p.what
