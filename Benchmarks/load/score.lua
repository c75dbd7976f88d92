package.path = (os.getenv("LOAD_PATH") or "Benchmarks/load") .. "/?.lua;" .. package.path
require("common")

function request()
    counter = counter + 1
    local _, body = lead(counter)
    return wrk.format(nil, nil, nil, body)
end
