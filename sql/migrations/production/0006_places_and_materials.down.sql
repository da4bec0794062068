DROP VIEW IF EXISTS production.artwork_place, production.artwork_material;
DROP TABLE production.artwork_place_release, production.artwork_material_release;
DELETE FROM production.release_table WHERE name IN ('artwork_place', 'artwork_material');
UPDATE production.release_table SET step = step - 4 WHERE derived;
