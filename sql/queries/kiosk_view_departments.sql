SELECT department, exhibitions, reviews, average_rating AS "average rating", top_share AS "share of top ratings",
    incidents
FROM kiosk.department_feedback
WHERE museum = %(museum)s
ORDER BY average_rating DESC NULLS LAST, department
