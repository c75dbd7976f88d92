package.path = (os.getenv("LOAD_PATH") or "Benchmarks/load") .. "/?.lua;" .. package.path
require("common")

function request()
    counter = counter + 1
    local parts = {}
    for i = 1, 100 do parts[i] = features(counter * 100 + i) end
    local body = "{\"leads\":[" .. table.concat(parts, ",") .. "]}"
    return wrk.format(nil, nil, nil, body)
end
