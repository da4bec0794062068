-- One record at every stage: what it has to work on, what was last processed, and what came of it.
SELECT s.step, s.stage, i.input_hash, l.input_hash AS processed_hash, l.contract, l.outcome, l.code, l.message,
       l.permanent, l.attempts, l.attempted_at, l.next_attempt_at, l.output
FROM (VALUES (0, 'raw_metadata'), (1, 'transformed_artworks'), (2, 'indexed_artworks'), (3, 'stored_thumbnails'),
             (4, 'image_clip'), (5, 'text_clip'), (6, 'image_jina'), (7, 'text_jina')) s (step, stage)
LEFT JOIN ops.stage_input i ON i.stage = s.stage AND i.museum = %(museum)s AND i.record_id = %(record_id)s
LEFT JOIN ops.ledger l ON l.stage = s.stage AND l.museum = %(museum)s AND l.record_id = %(record_id)s
WHERE s.stage = ANY(%(stages)s)
ORDER BY s.step
