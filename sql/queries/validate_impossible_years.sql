SELECT object_number, title, production_date_start, production_date_end
FROM candidate.artwork
WHERE museum = %(museum)s AND production_date_start > production_date_end
