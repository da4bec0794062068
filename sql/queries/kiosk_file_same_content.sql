-- Which of these digests a history file had whose rows were loaded, with that file.
SELECT encode(sha256, 'hex') AS sha256, min(key) AS key
FROM kiosk.file
WHERE museum = %(museum)s AND kind = 'history' AND outcome = 'loaded' AND sha256 = ANY(%(digests)s)
GROUP BY 1
