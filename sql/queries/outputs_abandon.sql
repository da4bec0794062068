-- Note outputs that their record no longer stands for.
INSERT INTO ops.abandoned_output (museum, stage, output)
SELECT %(museum)s, %(stage)s, unnest(%(outputs)s::text[])
ON CONFLICT DO NOTHING
