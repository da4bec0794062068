SELECT o.object_number, o.fault
FROM (SELECT object_number, 'thumbnail of no artwork' AS fault FROM candidate.thumbnail WHERE museum = %(museum)s
      UNION ALL
      SELECT object_number, 'index status of no artwork' FROM candidate.index_status WHERE museum = %(museum)s) AS o
WHERE NOT EXISTS (SELECT FROM candidate.artwork AS a WHERE a.museum = %(museum)s AND a.object_number = o.object_number)
