-- The latest days, in their order.
SELECT * FROM (
    SELECT day, open, reviews, average_rating AS "average rating", incidents
    FROM kiosk.day_feedback
    WHERE museum = %(museum)s
    ORDER BY day DESC
    LIMIT %(latest)s
) AS latest
ORDER BY day
