DROP VIEW IF EXISTS production.artwork_subject;
DROP TABLE production.artwork_subject_release;
DELETE FROM production.release_table WHERE name = 'artwork_subject';
