-- Best liked first; those without reviews at the end.
SELECT exhibition_code AS code, exhibition, department, floors, reviews, average_rating AS "average rating",
    top_share AS "share of top ratings", positive_share AS "share of positive ratings", incidents,
    incidents_per_review AS "incidents per review"
FROM kiosk.exhibition_feedback
WHERE museum = %(museum)s
ORDER BY average_rating DESC NULLS LAST, exhibition_code
