-- Leads for wrk: each request is another lead with its own text, so that no cache can answer.
local thread_count = 0
function setup(thread)
    thread:set("thread_id", thread_count)
    thread_count = thread_count + 1
end

local openings = {
    "Hi, we saw the listing on Maple and would love to tour it this weekend if it is still available.",
    "Hello, I am pre-approved and looking for a single family home, ideally three months from now.",
    "We want to sell first and then buy something around $450k-$500k in Riverside, no rush.",
    "Cash buyer here, need to close asap. What is the HOA fee and when can I see it?",
}

function lead(number)
    local id = string.format("bench_%d_%d_%d", started, thread_id, number)
    local budget = 300000 + (number * 7919) % 500000
    local text = openings[number % #openings + 1] .. string.format(
        " Our budget is $%d. Could you send comparable sales and tell me how the schools of thought differ on waiting?" ..
        " My lender says rates may move, question number %d.", budget, number)
    return id, string.format(
        '{"lead_id":"%s","name":"Bench Lead","source":"website","message":"%s","previous_interactions":%d}', id, text, number % 9)
end

function features(number)
    local id = string.format("bench_%d_%d_%d", started, thread_id, number)
    return string.format(
        '{"lead_id":"%s","features":{"avg_response_time_minutes":%d,"budget_specificity_score":0.9,"location_specificity_count":1,' ..
        '"message_length_variance":%d,"urgency_keyword_frequency":0.2,"market_timing_awareness":0.5,"financing_readiness_score":0.8,' ..
        '"business_fit_alignment":0.7,"timeline_category":"3_months","budget_range_category":"mid_range","financing_status_category":"pre_approved",' ..
        '"lead_source_type":"website","property_type_preference":"single_family","market_segment":"move_up","seasonal_timing":"fall",' ..
        '"engagement_pattern":"engaged","decision_stage":"evaluation","priority_level":"normal","has_specific_budget":true,' ..
        '"has_location_preference":true,"is_pre_approved":true,"meets_business_criteria":true,"shows_urgency_signals":false,' ..
        '"in_service_area":true,"repeat_interaction":false,"market_timing_optimal":true}}', id, number % 600, number % 5000)
end

function init(args)
    started = tonumber(args[1] or "0")
    pause = tonumber(args[2] or "0")
    counter = 0
    wrk.method = "POST"
    wrk.headers["Content-Type"] = "application/json"
end

function delay() return pause end

function done(summary, latency, requests)
    io.write(string.format(
        '\nRESULT {"requests":%d,"seconds":%.3f,"errors":%d,"p50_ms":%.3f,"p90_ms":%.3f,"p99_ms":%.3f,"max_ms":%.3f}\n',
        summary.requests, summary.duration / 1e6,
        summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.status + summary.errors.timeout,
        latency:percentile(50) / 1000, latency:percentile(90) / 1000, latency:percentile(99) / 1000, latency.max / 1000))
end
