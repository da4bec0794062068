SELECT floor, exhibitions, reviews, average_rating AS "average rating", top_share AS "share of top ratings", incidents
FROM kiosk.floor_feedback
WHERE museum = %(museum)s
ORDER BY floor
