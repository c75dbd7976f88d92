package.path = (os.getenv("LOAD_PATH") or "Benchmarks/load") .. "/?.lua;" .. package.path
require("common")

function request()
    counter = counter + 1
    local parts = {}
    for i = 1, 100 do local _, one = lead(counter * 100 + i); parts[i] = one end
    local body = "{\"leads\":[" .. table.concat(parts, ",") .. "]}"
    return wrk.format(nil, nil, nil, body)
end
