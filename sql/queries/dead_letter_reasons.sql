SELECT reason, count(*) AS letters, min(place) AS example
FROM ops.dead_letter, unnest(reasons) AS reason
WHERE {chosen}
GROUP BY reason
ORDER BY letters DESC, reason
