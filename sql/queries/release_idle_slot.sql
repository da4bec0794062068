-- Whether the museum has a slot that no release uses; readers with plans from before it may still keep it waiting.
SELECT EXISTS (
    SELECT FROM production.slot AS s
    WHERE s.museum = %(museum)s
      AND NOT EXISTS (SELECT FROM production.release AS r
                      WHERE r.museum = s.museum AND r.slot = s.slot AND r.state IN ('building', 'ready')))
