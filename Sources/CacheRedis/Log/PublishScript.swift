import Redis

/// Appends a run of events of one tenant and epoch to the tenant's stream, and keeps it dense: each offset once, in
/// order, whoever brings it and however often.
///
/// Keys: stream, state, control stream. Arguments: epoch, 1 to rotate or 2 to step over holes, entries to keep, milliseconds of half a life, the
/// tenant's name for the control stream, then offset and bytes of each event. Offsets are exact up to 2^53. The state is a
/// hash: `epoch`, `last`; and two marks, `old` and `new` with the moment of `new`, so that entries go by age: at each half
/// life those up to the older mark go. A stream that nobody publishes to ends as a whole after two half lives.
///
/// Answers what it did, how many it appended, and the state's epoch and last offset:
/// - `ok`: all are there, appended now or before.
/// - `hole`: the first that is missing is after the last offset; those before it were appended.
/// - `epoch`: the state has another one, and nothing was done.
enum PublishScript {
    static let script = RedisScript(
        """
        local state = redis.call('HMGET', KEYS[2], 'epoch', 'last', 'old', 'new', 'at')
        local epoch, last = state[1], tonumber(state[2] or '')
        local old, new, at = tonumber(state[3] or '0'), tonumber(state[4] or '0'), tonumber(state[5] or '0')
        if epoch and last and epoch ~= ARGV[1] and ARGV[2] ~= '1' then
            return {'epoch', 0, epoch, state[2]}
        end
        local time = redis.call('TIME')
        local now = time[1] * 1000 + math.floor(time[2] / 1000)
        if not epoch or not last or epoch ~= ARGV[1] then
            redis.call('DEL', KEYS[1])
            if epoch then
                redis.call('XADD', KEYS[3], 'MAXLEN', '~', 1000, '*', 'k', 'rotate', 'b', ARGV[5])
            end
            epoch, last = ARGV[1], tonumber(ARGV[6]) - 1
            old, new, at = last, last, now
        end
        local appended, answer, steps = 0, 'ok', ARGV[2] == '2'
        for index = 6, #ARGV, 2 do
            local offset = tonumber(ARGV[index])
            if offset == last + 1 or (offset > last and steps) then
                redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[3], ARGV[index] .. '-0', 'e', ARGV[index + 1])
                last, appended = offset, appended + 1
            elseif offset > last then
                answer = 'hole'
                break
            end
        end
        local life = tonumber(ARGV[4])
        if now - at >= life then
            old, new, at = new, last, now
            redis.call('XTRIM', KEYS[1], 'MINID', string.format('%.0f-0', old + 1))
        end
        local text = string.format('%.0f', last)
        redis.call('HSET', KEYS[2], 'epoch', epoch, 'last', text, 'old', string.format('%.0f', old),
            'new', string.format('%.0f', new), 'at', string.format('%.0f', at))
        redis.call('PEXPIRE', KEYS[2], 86400000)
        if appended > 0 then redis.call('PEXPIRE', KEYS[1], 2 * life) end
        return {answer, appended, epoch, text}
        """)
}
