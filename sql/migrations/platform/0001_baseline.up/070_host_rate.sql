-- Politeness is a fact about a host, not about a process: one token bucket (GCRA) per host, shared
-- by all runs.
CREATE TABLE ops.host_rate (
    host         text PRIMARY KEY,
    rate         double precision NOT NULL CHECK (rate > 0),
    ceiling      double precision NOT NULL CHECK (ceiling > 0),
    next_slot    timestamptz NOT NULL,
    slowed_until timestamptz NOT NULL DEFAULT '-infinity',
    slowed_at    timestamptz NOT NULL DEFAULT '-infinity',
    raised_at    timestamptz NOT NULL DEFAULT '-infinity'
);

COMMENT ON TABLE ops.host_rate IS 'The pace at which each host is asked, over all runs together.';
COMMENT ON COLUMN ops.host_rate.host IS 'host, or host:port when the port is not the default one';
COMMENT ON COLUMN ops.host_rate.rate IS 'requests per second now';
COMMENT ON COLUMN ops.host_rate.ceiling IS
    'the fastest polite pace, requests per second; the rate climbs back to it';
COMMENT ON COLUMN ops.host_rate.next_slot IS 'the first moment that no run has reserved yet';
COMMENT ON COLUMN ops.host_rate.slowed_until IS
    'the host asked for silence until then (Retry-After, bot wall)';
COMMENT ON COLUMN ops.host_rate.slowed_at IS 'when the rate was last halved';
COMMENT ON COLUMN ops.host_rate.raised_at IS 'when the rate was last raised';

-- Reserves the next slot, or at high rates the next few, and says how many seconds away the first
-- one is. `slots` is 0 when the host is to be left alone for longer than p_patience seconds. Only
-- differences of the server's own clock leave this function, so the clocks of the machines need not
-- agree.
CREATE FUNCTION ops.reserve_slots(
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

-- Halves the rate (down to a 64th of the ceiling) and leaves the host alone for p_pause seconds, at
-- most a day. The answers to requests that were already under way count as one: without that, four
-- connections that are refused together would cut the rate to a sixteenth.
CREATE FUNCTION ops.slow_down_host(p_host text, p_ceiling double precision, p_pause double precision)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    bucket ops.host_rate;
    moment timestamptz;
BEGIN
    INSERT INTO ops.host_rate (host, rate, ceiling, next_slot)
        VALUES (p_host, p_ceiling, p_ceiling, clock_timestamp()) ON CONFLICT (host) DO NOTHING;
    SELECT * INTO bucket FROM ops.host_rate WHERE host = p_host FOR UPDATE;
    moment := clock_timestamp();
    IF bucket.slowed_at < moment - make_interval(secs => greatest(1, 2 / bucket.rate)) THEN
        bucket.rate := greatest(bucket.rate / 2, bucket.ceiling / 64);
        bucket.slowed_at := moment;
    END IF;
    UPDATE ops.host_rate
        SET rate = bucket.rate, slowed_at = bucket.slowed_at,
            slowed_until = greatest(bucket.slowed_until, moment + make_interval(secs => least(p_pause, 86400)))
        WHERE host = p_host;
END $$;
