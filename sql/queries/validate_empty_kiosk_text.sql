SELECT exhibition_code, f.name AS field
FROM candidate.exhibition AS e,
    LATERAL (VALUES ('name', e.name), ('department', e.department), ('exhibition_code', e.exhibition_code)) AS f (name, value)
WHERE e.museum = %(museum)s AND coalesce(btrim(f.value), '') = ''
