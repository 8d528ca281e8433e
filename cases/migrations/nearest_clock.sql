-- The nearest running clock of each case: its own, those of its live orders, parts and tests, of its findings and
-- rulings. One row an id, empty where nothing runs. Nearly every write asks for it, so its plan is kept (planning took
-- nine tenths of its time), and made by indexes alone: it is as good for a full office as for the empty one in which a
-- worker first asked.

CREATE FUNCTION cases_nearest_clock(ids bigint[])
RETURNS TABLE (of_case bigint, clock_kind varchar, clock_warn_at timestamptz, clock_due_at timestamptz)
LANGUAGE plpgsql STABLE
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
BEGIN
    RETURN QUERY
    WITH live AS (
        SELECT DISTINCT need.case_id, link.order_id
        FROM cases_need need
        JOIN cases_orderneed link ON link.need_id = need.id AND link.released_at IS NULL
        JOIN cases_order ON cases_order.id = link.order_id AND cases_order.state NOT IN ('done', 'cancelled')
        WHERE need.case_id = ANY (ids)
    ), clock AS (
        SELECT own.case_id, own.kind, own.warn_at, own.due_at, 1 AS nth
        FROM cases_deadline own
        WHERE own.state = 'running' AND own.case_id = ANY (ids)
        UNION ALL
        SELECT need.case_id, clock.kind, clock.warn_at, clock.due_at, 2
        FROM cases_need need
        JOIN cases_finding finding ON finding.need_id = need.id
        JOIN cases_deadline clock ON clock.state = 'running' AND clock.finding_id = finding.id
        WHERE need.case_id = ANY (ids)
        UNION ALL
        SELECT need.case_id, clock.kind, clock.warn_at, clock.due_at, 3
        FROM cases_need need
        JOIN cases_finding finding ON finding.need_id = need.id
        JOIN cases_ruling ruling ON ruling.finding_id = finding.id
        JOIN cases_deadline clock ON clock.state = 'running' AND clock.ruling_id = ruling.id
        WHERE need.case_id = ANY (ids)
        UNION ALL
        SELECT live.case_id, clock.kind, clock.warn_at, clock.due_at, 4
        FROM live JOIN cases_deadline clock ON clock.state = 'running' AND clock.order_id = live.order_id
        UNION ALL
        SELECT live.case_id, clock.kind, clock.warn_at, clock.due_at, 5
        FROM live
        JOIN cases_part part ON part.order_id = live.order_id
        JOIN cases_deadline clock ON clock.state = 'running' AND clock.part_id = part.id
        UNION ALL
        SELECT live.case_id, clock.kind, clock.warn_at, clock.due_at, 6
        FROM live
        JOIN cases_visit visit ON visit.order_id = live.order_id
        JOIN cases_labtest test ON test.visit_id = visit.id
        JOIN cases_deadline clock ON clock.state = 'running' AND clock.lab_test_id = test.id
    ), nearest AS (
        SELECT DISTINCT ON (clock.case_id) clock.* FROM clock ORDER BY clock.case_id, clock.due_at, clock.nth
    )
    SELECT wanted, coalesce(nearest.kind, ''), nearest.warn_at, nearest.due_at
    FROM unnest(ids) AS wanted LEFT JOIN nearest ON nearest.case_id = wanted;
END $$;
