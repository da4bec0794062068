SELECT day
FROM kiosk.day_feedback
WHERE museum = %(museum)s AND open AND reviews + incidents = 0
ORDER BY day
