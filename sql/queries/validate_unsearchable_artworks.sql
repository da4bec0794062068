SELECT object_number, title, work_types
FROM candidate.artwork
WHERE museum = %(museum)s AND coalesce(cardinality(searchable_work_types), 0) = 0
