package.path = (os.getenv("LOAD_PATH") or "Benchmarks/load") .. "/?.lua;" .. package.path
require("common")

function request() return wrk.format("GET", nil, { ["Content-Type"] = nil }, nil) end
