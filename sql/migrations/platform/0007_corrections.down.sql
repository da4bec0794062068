DROP VIEW ops.input_transformed_artworks;
CREATE VIEW ops.input_transformed_artworks AS
SELECT museum, record_id, payload_hash AS input_hash, seq, payload
FROM raw.record
WHERE withdrawn_at IS NULL
   OR withdrawn_at > now() - make_interval(
       days => (SELECT value::integer FROM ops.setting WHERE name = 'withdrawal_grace_days'));
DROP VIEW ops.correction_in_effect;
DROP TABLE ops.correction;
