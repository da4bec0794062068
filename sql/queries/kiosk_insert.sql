-- A site without an exhibition, and a button without a label, give a null, which the table refuses: the foreign keys are
-- resolved here, so the museum's own table is named, to which the parent's triggers do not look.
INSERT INTO {own} (at, exhibition_id, {button}, occurrence, origin, museum)
SELECT s.at, e.exhibition_id, t.{button}, s.occurrence, %(origin)s, %(museum)s
FROM {staging} AS s
LEFT JOIN kiosk.exhibition AS e ON e.museum = %(museum)s AND e.site = s.site
LEFT JOIN {types} AS t ON t.museum = %(museum)s AND t.{button} = s.button
{conflict}
