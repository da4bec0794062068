-- A site without an exhibition, and a button without a label, give a null, which the table refuses: the foreign keys are
-- resolved here, so the museum's own table is named, to which the parent's triggers do not look. DISTINCT ON tells Postgres to
-- join the kinds first and that each is one: otherwise it joined every press three times, and wrote them in another order.
INSERT INTO {own} (at, exhibition_id, {button}, occurrence, origin, museum)
SELECT s.at, k.exhibition_id, k.{button}, k.occurrence, %(origin)s, %(museum)s
FROM {staging} AS s
LEFT JOIN (
    SELECT DISTINCT ON (k.kind) k.kind, k.occurrence, e.exhibition_id, t.{button}
    FROM kiosk_staged_kind AS k
    LEFT JOIN kiosk.exhibition AS e ON e.museum = %(museum)s AND e.site = k.site
    LEFT JOIN {types} AS t ON t.museum = %(museum)s AND t.{button} = k.button
) AS k ON k.kind = s.kind
{conflict}
