-- What readers search by, in the slots of a release and seen through its pointer. All of it is made
-- from the release's own rows (production.fill_search), so it is no part of a candidate, of
-- checksums or of exports: docs/decisions/0021.

ALTER TABLE production.release_table ADD COLUMN derived boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN production.release_table.derived IS
    'Made from the other tables of the same slot; a candidate has none like it.';

CREATE TABLE production.artwork_search_release (
    museum text NOT NULL,
    slot smallint NOT NULL,
    object_number text NOT NULL,
    place integer NOT NULL,
    facet integer NOT NULL,
    number_key text NOT NULL,
    title_key text,
    words tsvector NOT NULL,
    news text
) PARTITION BY LIST (museum);
CREATE INDEX ON production.artwork_search_release USING gin (words);
CREATE INDEX ON production.artwork_search_release (object_number);
CREATE INDEX ON production.artwork_search_release (number_key);
CREATE INDEX ON production.artwork_search_release (title_key);
CREATE INDEX ON production.artwork_search_release (place);
CREATE INDEX ON production.artwork_search_release (facet, place);
CREATE INDEX ON production.artwork_search_release (place) WHERE news IS NOT NULL;
COMMENT ON COLUMN production.artwork_search_release.place IS
    'The order of works of which none was asked for more than another: those with an image first. '
    'Rows lie in this order, so that the first matches of a frequent word are good ones.';
COMMENT ON COLUMN production.artwork_search_release.words IS
    'Folded and not stemmed: A title, B artists, C work types and period, D object number. Stems '
    'are in artwork_word, through which a query finds the words of its release.';
COMMENT ON COLUMN production.artwork_search_release.news IS
    'added or changed against the release that was live when this one was made; null in a first.';

CREATE TABLE production.artwork_facet_release (
    museum text NOT NULL,
    slot smallint NOT NULL,
    facet integer NOT NULL,
    work_types text[] NOT NULL,
    first_century smallint,
    last_century smallint,
    has_image boolean NOT NULL,
    works integer NOT NULL
) PARTITION BY LIST (museum);
COMMENT ON TABLE production.artwork_facet_release IS
    'Every combination of what works can be filtered by, with how many have it. A search counts '
    'works by this one number.';

CREATE TABLE production.artwork_word_release (
    museum text NOT NULL,
    slot smallint NOT NULL,
    word text NOT NULL,
    stems text[] NOT NULL,
    works integer NOT NULL
) PARTITION BY LIST (museum);
CREATE INDEX ON production.artwork_word_release USING gin (stems);

-- Without accents, case and punctuation. It names its characters, since what a locale calls a
-- letter differs between servers, and an index must not depend on it.
CREATE FUNCTION production.folded(words text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
    btrim(regexp_replace(
        translate(
            replace(replace(lower(regexp_replace(normalize(words, NFKD), '[\u0300-\u036f]', '', 'g')), 'æ', 'ae'), 'ß', 'ss'),
            'øØłŁđĐðÐıþÞ', 'oollddddith'),
        '[\u0001-\u002f\u003a-\u0040\u005b-\u0060\u007b-\u00bf\u00d7\u00f7\u2000-\u206f\u3000-\u303f]+', ' ', 'g'));

-- The stems of a folded word in English, Danish and Dutch: nobody says of which language it is.
CREATE FUNCTION production.word_stems(word text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
    ARRAY(
        SELECT DISTINCT stem
        FROM unnest(ts_lexize('pg_catalog.english_stem', word) || ts_lexize('pg_catalog.danish_stem', word)
            || ts_lexize('pg_catalog.dutch_stem', word)) AS stem
        ORDER BY stem);

-- The words of a query, each once. A frequent word of any of the languages, such as "the", need not
-- be in a work.
CREATE FUNCTION production.query_words(words text)
RETURNS TABLE (word text, stems text[], common boolean) IMMUTABLE PARALLEL SAFE LANGUAGE sql AS $$
    SELECT w.word, production.word_stems(w.word),
           '{}'::text[] IN (ts_lexize('pg_catalog.english_stem', w.word),
               ts_lexize('pg_catalog.danish_stem', w.word), ts_lexize('pg_catalog.dutch_stem', w.word))
    FROM unnest(string_to_array(production.folded(words), ' ')) WITH ORDINALITY AS w (word, position)
    WHERE w.word <> ''
    GROUP BY w.word
    ORDER BY min(w.position)
$$;

-- 17 for the years 1601 to 1700; there is neither a year nor a century 0.
CREATE FUNCTION production.century(year integer) RETURNS smallint LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
    (CASE WHEN year > 0 THEN (year - 1) / 100 + 1 ELSE -((greatest(-year, 1) - 1) / 100 + 1) END)::smallint;

-- Makes what a slot is searched by from the artworks and thumbnails there; returns how many works.
-- `before` is the slot of the release that it is news against. A slot that nobody has analysed yet
-- was joined row by row: 33,000 works took 243 s instead of 8.
CREATE FUNCTION production.fill_search(slug text, filled smallint, before smallint) RETURNS bigint LANGUAGE plpgsql
SET enable_nestloop = off SET work_mem = '64MB' AS $$
DECLARE
    made bigint;
BEGIN
    DELETE FROM production.artwork_search_release WHERE museum = slug AND slot = filled;
    DELETE FROM production.artwork_facet_release WHERE museum = slug AND slot = filled;
    DELETE FROM production.artwork_word_release WHERE museum = slug AND slot = filled;
    WITH work AS MATERIALIZED (
        SELECT *, dense_rank() OVER (ORDER BY types, first_century, last_century, has_image)::integer AS facet
        FROM (
            SELECT a.object_number, a.title, a.artists, a.work_types, a.period, a.row_hash,
                   coalesce(a.searchable_work_types, '{}') AS types,
                   production.century(least(a.production_date_start, a.production_date_end)) AS first_century,
                   production.century(greatest(a.production_date_start, a.production_date_end)) AS last_century,
                   t.object_number IS NOT NULL AS has_image
            FROM production.artwork_release AS a
            LEFT JOIN (
                SELECT DISTINCT object_number
                FROM production.thumbnail_release
                WHERE museum = slug AND slot = filled AND object_key IS NOT NULL) AS t USING (object_number)
            WHERE a.museum = slug AND a.slot = filled) AS shown
    ), facets AS (
        INSERT INTO production.artwork_facet_release
        SELECT slug, filled, facet, types, first_century, last_century, has_image, count(*)
        FROM work
        GROUP BY facet, types, first_century, last_century, has_image
    ), old AS MATERIALIZED (
        SELECT object_number, array_agg(row_hash) AS row_hashes
        FROM production.artwork_release
        WHERE museum = slug AND slot = before
        GROUP BY object_number
    )
    INSERT INTO production.artwork_search_release
    SELECT slug, filled, w.object_number,
           row_number() OVER (ORDER BY has_image DESC, title IS NULL, hashtextextended(w.object_number, 0)) AS place,
           facet, replace(left(production.folded(w.object_number), 200), ' ', ''),
           left(production.folded(left(title, 2000)), 200),
           setweight(to_tsvector('pg_catalog.simple', coalesce(production.folded(left(title, 2000)), '')), 'A')
           || setweight(to_tsvector('pg_catalog.simple',
               coalesce(production.folded(left(array_to_string(artists, ' '), 2000)), '')), 'B')
           || setweight(to_tsvector('pg_catalog.simple',
               production.folded(left(concat_ws(' ', array_to_string(work_types || types, ' '), period), 2000))), 'C')
           || setweight(to_tsvector('pg_catalog.simple', production.folded(left(w.object_number, 2000))), 'D'),
           CASE WHEN before IS NULL OR w.row_hash = ANY (o.row_hashes) THEN NULL
                WHEN o.object_number IS NULL THEN 'added'
                ELSE 'changed' END
    FROM work AS w
    LEFT JOIN old AS o ON o.object_number = w.object_number
    ORDER BY place;
    GET DIAGNOSTICS made = ROW_COUNT;
    INSERT INTO production.artwork_word_release
    SELECT slug, filled, word, production.word_stems(word), ndoc
    FROM ts_stat(format('SELECT words FROM production.artwork_search_release WHERE museum = %L AND slot = %s',
        slug, filled), 'ABC');
    RETURN made;
END $$;

-- What readers may know of the live releases. It asks nothing of a function that reads tables: a
-- view's functions have the rights of whoever reads it.
CREATE VIEW production.live_release AS
SELECT c.museum, m.kind, c.release_id, c.committed_at, r.candidate_made_at, r.counts, r.summary, (
    SELECT p.from_release
    FROM production.promotion AS p
    WHERE p.museum = c.museum AND p.to_release = c.release_id AND p.action = 'promote'
    ORDER BY p.id
    LIMIT 1) AS before
FROM production.current_release AS c
JOIN production.release AS r ON r.museum = c.museum AND r.release_id = c.release_id
JOIN production.museum AS m ON m.museum = c.museum;

INSERT INTO production.release_table VALUES
    ('collection', 'artwork_search', 9, '{object_number}', true),
    ('collection', 'artwork_facet', 10, '{facet}', true),
    ('collection', 'artwork_word', 11, '{word}', true);

SELECT production.add_museum(m.museum, m.kind, (
    SELECT max(s.slot) FROM production.slot AS s WHERE s.museum = m.museum)::integer)
FROM production.museum AS m
WHERE m.kind = 'collection';

SELECT production.fill_search(r.museum, r.slot, NULL)
FROM production.release AS r
JOIN production.museum AS m ON m.museum = r.museum AND m.kind = 'collection'
WHERE r.state = 'ready';
