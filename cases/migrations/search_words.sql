-- Words for the search box (ADR 9). Chinese is cut into two signs at a time, other scripts into words, numbers into
-- every ending of at least three signs, so that a prefix query finds any part of a number. No positions: overlapping
-- pairs are nearly a phrase, and a match needs no second look at the row. The high COST keeps the planner from cutting
-- row after row instead of asking the index.

CREATE FUNCTION search_words(source text) RETURNS tsvector
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 10000 SET search_path = pg_catalog AS $$
DECLARE
    s text := lower(normalize(coalesce(source, ''), NFKC));
    rest text := regexp_replace(s, '[㐀-鿿𠀀-𿿿]', ' ', 'g');
    found text[];
BEGIN
    SELECT array_agg(c || CASE WHEN ascii(n) BETWEEN 13312 AND 40959 OR ascii(n) >= 131072 THEN n ELSE '' END) INTO found
    FROM ROWS FROM (string_to_table(s, NULL), string_to_table(substr(s, 2), NULL)) AS t(c, n)
    WHERE ascii(c) BETWEEN 13312 AND 40959 OR ascii(c) >= 131072;
    IF rest ~ '\w' THEN
        found := found || ARRAY(SELECT left(m[1], 60) FROM regexp_matches(rest, '\w+', 'g') AS m);
    END IF;
    RETURN coalesce(array_to_tsvector(found), ''::tsvector);
END $$;

CREATE FUNCTION search_number(source text) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 10000 SET search_path = pg_catalog AS $$
    WITH plain AS (SELECT left(regexp_replace(lower(coalesce(source, '')), '[^a-z0-9]', '', 'g'), 40) AS s)
    SELECT coalesce(array_to_tsvector(array_agg(DISTINCT substr(s, i))), ''::tsvector)
    FROM plain, generate_series(1, greatest(length(s) - 2, 0)) AS i
$$;

CREATE FUNCTION search_party(name text, aliases varchar[], uscc text, address text, trade text) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 10000 SET search_path = pg_catalog, public AS $$
    SELECT search_words(concat(name, ' ', array_to_string(aliases, ' '), ' ', address, ' ', trade)) || search_number(uscc)
$$;

CREATE FUNCTION search_order(number text) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 10000 SET search_path = pg_catalog, public AS $$
    SELECT search_words(number) || search_number(number)
$$;

CREATE FUNCTION cases_words_write(ids bigint[]) RETURNS void LANGUAGE sql AS $$
    INSERT INTO cases_casewords (case_id, shown, everything)
    SELECT c.id, own.words, own.words || told.words
    FROM cases_case c
    LEFT JOIN cases_target t ON t.id = c.target_id
    LEFT JOIN cases_category k ON k.id = c.category_id
    CROSS JOIN LATERAL (
        SELECT string_agg(m.party_name || ' ' || m.address || ' ' || m.text, ' ') AS text,
               string_agg(m.reference, ' ') AS shown,
               coalesce(array_agg(h.number) FILTER (WHERE h.number IS NOT NULL), '{}') AS numbers
        FROM cases_casecomplaint l
        JOIN cases_complaint m ON m.id = l.complaint_id
        LEFT JOIN cases_hotlineorder h ON h.complaint_id = m.id
        WHERE l.case_id = c.id
    ) said
    CROSS JOIN LATERAL (
        SELECT search_number(c.reference) || search_number(t.uscc)
            || search_words(concat_ws(' ', c.reference, c.title, c.address, c.brief, k.name, k.name_en, t.name,
                array_to_string(t.aliases, ' '), t.address, said.shown))
            || coalesce((SELECT array_to_tsvector(array_agg(DISTINCT lexeme))
                FROM unnest(said.numbers) AS n, unnest(tsvector_to_array(search_number(n))) AS lexeme), ''::tsvector)
            AS words
    ) own
    CROSS JOIN LATERAL (
        -- Phones and numbers of people are left out: whoever looks for those goes through the blind index.
        SELECT search_words(regexp_replace(normalize(coalesce(said.text, ''), NFKC), '[0-9][0-9 -]{5,}[0-9xX]', ' ', 'g'))
            AS words
    ) told
    WHERE c.id = ANY (ids)
    ORDER BY c.id
    ON CONFLICT (case_id) DO UPDATE SET shown = excluded.shown, everything = excluded.everything
        WHERE (cases_casewords.shown, cases_casewords.everything) IS DISTINCT FROM (excluded.shown, excluded.everything)
$$;

CREATE FUNCTION cases_words_of_case() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM cases_words_write(ARRAY[NEW.id]);
    RETURN NULL;
END $$;
CREATE FUNCTION cases_words_of_cases() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM cases_words_write((SELECT array_agg(id) FROM fresh));
    RETURN NULL;
END $$;
CREATE TRIGGER cases_words_opened AFTER INSERT ON cases_case
    REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION cases_words_of_cases();
CREATE TRIGGER cases_words_changed AFTER UPDATE ON cases_case FOR EACH ROW
    WHEN ((OLD.reference, OLD.title, OLD.brief, OLD.address, OLD.target_id, OLD.category_id)
        IS DISTINCT FROM (NEW.reference, NEW.title, NEW.brief, NEW.address, NEW.target_id, NEW.category_id))
    EXECUTE FUNCTION cases_words_of_case();

CREATE FUNCTION cases_words_of_links() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Of links that go, only a document that still stands is written anew: its case may be going too.
    IF TG_OP = 'INSERT' THEN
        PERFORM cases_words_write((SELECT array_agg(DISTINCT case_id) FROM fresh));
    ELSIF TG_OP = 'DELETE' THEN
        PERFORM cases_words_write((SELECT array_agg(DISTINCT w.case_id) FROM gone JOIN cases_casewords w USING (case_id)));
    ELSE
        PERFORM cases_words_write((SELECT array_agg(DISTINCT w.case_id) FROM cases_casewords w
            WHERE w.case_id IN (SELECT case_id FROM fresh UNION SELECT case_id FROM gone)));
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER cases_words_linked AFTER INSERT ON cases_casecomplaint
    REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION cases_words_of_links();
CREATE TRIGGER cases_words_unlinked AFTER DELETE ON cases_casecomplaint
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION cases_words_of_links();
CREATE TRIGGER cases_words_relinked AFTER UPDATE ON cases_casecomplaint
    REFERENCING OLD TABLE AS gone NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION cases_words_of_links();

CREATE FUNCTION cases_words_of_complaint() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM cases_words_write((SELECT array_agg(DISTINCT case_id) FROM cases_casecomplaint WHERE complaint_id = NEW.id));
    RETURN NULL;
END $$;
CREATE TRIGGER cases_words_told AFTER UPDATE ON cases_complaint FOR EACH ROW
    WHEN ((OLD.text, OLD.party_name, OLD.address) IS DISTINCT FROM (NEW.text, NEW.party_name, NEW.address))
    EXECUTE FUNCTION cases_words_of_complaint();

CREATE FUNCTION cases_words_of_hotline() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM cases_words_write((SELECT array_agg(DISTINCT case_id) FROM cases_casecomplaint
        WHERE complaint_id IN (SELECT complaint_id FROM fresh)));
    RETURN NULL;
END $$;
CREATE TRIGGER cases_words_numbered AFTER INSERT ON cases_hotlineorder
    REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION cases_words_of_hotline();

CREATE FUNCTION cases_words_of_target() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM cases_words_write((SELECT array_agg(id) FROM cases_case WHERE target_id = NEW.id));
    RETURN NULL;
END $$;
CREATE TRIGGER cases_words_renamed AFTER UPDATE ON cases_target FOR EACH ROW
    WHEN ((OLD.name, OLD.aliases, OLD.uscc, OLD.address) IS DISTINCT FROM (NEW.name, NEW.aliases, NEW.uscc, NEW.address))
    EXECUTE FUNCTION cases_words_of_target();

CREATE INDEX target_words ON cases_target USING gin (search_party(name, aliases, uscc, address, trade));
CREATE INDEX order_words ON cases_order USING gin (search_order(number));

SELECT cases_words_write((SELECT array_agg(id) FROM cases_case));
