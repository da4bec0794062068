-- These points were made anew or removed, and their vectors with them: the embeddings have to add theirs again.
DELETE FROM ops.ledger
WHERE museum = %(museum)s AND stage = ANY(%(vectors)s) AND output = ANY(%(points)s)
