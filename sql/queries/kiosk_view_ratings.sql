SELECT exhibition_code AS code, exhibition, rating, label, reviews, share
FROM kiosk.rating_distribution
WHERE museum = %(museum)s
ORDER BY exhibition_code, rating
