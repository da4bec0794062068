CREATE OR REPLACE FUNCTION ops.reserve_slots(
    p_host text, p_ceiling double precision, p_succeeded boolean, p_patience double precision,
    OUT slots integer, OUT wait_seconds double precision, OUT pace double precision
) LANGUAGE plpgsql AS $$
DECLARE
    bucket     ops.host_rate;
    moment     timestamptz;
    first_slot timestamptz;
BEGIN
    -- A reservation lost in a crash of the server harms nobody, so do not wait for the disk on
    -- every request.
    PERFORM set_config('synchronous_commit', 'off', true);
    INSERT INTO ops.host_rate (host, rate, ceiling, next_slot)
        VALUES (p_host, p_ceiling, p_ceiling, clock_timestamp()) ON CONFLICT (host) DO NOTHING;
    SELECT * INTO bucket FROM ops.host_rate WHERE host = p_host FOR UPDATE;
    moment := clock_timestamp();
    pace := least(bucket.rate, p_ceiling);
    IF bucket.slowed_until > moment + make_interval(secs => p_patience) THEN
        slots := 0;
        wait_seconds := extract(epoch FROM bucket.slowed_until - moment);
        RETURN;
    END IF;
    IF bucket.rate >= bucket.ceiling THEN
        pace := p_ceiling;
    ELSIF p_succeeded
        AND greatest(bucket.raised_at, bucket.slowed_at, bucket.slowed_until) < moment - interval '30 seconds' THEN
        -- From half the ceiling back to all of it in five minutes, however many runs report
        -- success.
        pace := least(p_ceiling, bucket.rate + p_ceiling / 20);
        bucket.raised_at := moment;
    END IF;
    -- Above 50 requests a second a reservation holds 20 ms of them: 50 round trips a second at any
    -- pace.
    slots := greatest(1, least(100, floor(pace / 50)));
    first_slot := greatest(bucket.next_slot, bucket.slowed_until, moment);
    UPDATE ops.host_rate
        SET rate = pace, ceiling = p_ceiling, raised_at = bucket.raised_at,
            next_slot = first_slot + make_interval(secs => slots / pace)
        WHERE host = p_host;
    wait_seconds := extract(epoch FROM first_slot - moment);
END $$;
