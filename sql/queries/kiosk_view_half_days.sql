SELECT exhibition_code AS code, exhibition, half, reviews, average_rating AS "average rating",
    positive AS "positive ratings", incidents
FROM kiosk.half_day_feedback
WHERE museum = %(museum)s
ORDER BY exhibition_code, half
