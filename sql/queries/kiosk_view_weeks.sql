-- The latest weeks against the week before each, in their order.
SELECT * FROM (
    SELECT week AS "week from", reviews, reviews_change AS "reviews against week before",
        average_rating AS "average rating", average_rating_change AS "average against week before",
        incidents, incidents_change AS "incidents against week before"
    FROM kiosk.week_feedback
    WHERE museum = %(museum)s
    ORDER BY week DESC
    LIMIT %(latest)s
) AS latest
ORDER BY "week from"
