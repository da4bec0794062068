-- Put a batch's winners into staging; an artwork that reads as before keeps its row untouched.
INSERT INTO staging.artwork AS a ({columns})
SELECT {columns} FROM artwork_batch
ON CONFLICT (museum, record_id) DO UPDATE
SET ({columns}, updated_at) = ({excluded}, now())
WHERE a.row_hash <> excluded.row_hash
