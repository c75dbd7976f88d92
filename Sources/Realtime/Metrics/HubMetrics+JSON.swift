import JSONBytes

extension HubMetrics {
    /// The body of `GET /ws/metrics`: the names of the contract, section 4, and beyond them.
    public func json() -> [UInt8] {
        var writer = JSONWriter(reserving: 4_096)
        writer.beginObject()
        writer.member("active_connections", connections.active)
        writer.member("total_messages_sent", messagesSent)
        writer.member("total_messages_received", messagesReceived)
        writer.member("average_latency_ms", publishToFlush.mean.map { $0 / 1e6 })
        writer.member("connection_duration_avg_seconds", connections.durationMeanSeconds)
        counts("subscriptions", subscriptions.map { ($0.key.rawValue, $0.value) }, &writer)
        writer.member("last_updated", WallTime.rfc3339(at))
        write("connections", &writer) { writer in
            writer.member("current", connections.active)
            writer.member("peak", connections.peak)
            writer.member("total", connections.total)
            counts("by_role", connections.byRole.map { ($0.key.rawValue, $0.value) }, &writer)
            counts("by_transport", connections.byTransport.map { ($0.key, $0.value) }, &writer)
            counts("refused", connections.refused.map { ($0.key, $0.value) }, &writer)
        }
        writer.member("events_delivered", eventsDelivered)
        writer.member("bytes_sent", bytesSent)
        writer.member("errors_sent", errorsSent)
        writer.member("distinct_subscriptions", distinctSubscriptions)
        writer.member("distinct_filters", distinctFilters)
        write("rates", &writer) { writer in
            for (window, rate) in rates.sorted(by: { $0.key < $1.key }) {
                writer.key("\(window)s")
                writer.beginObject()
                writer.member("published_per_second", rate.published)
                writer.member("delivered_per_second", rate.delivered)
                writer.member("bytes_out_per_second", rate.bytesOut)
                writer.member("received_per_second", rate.received)
                writer.endObject()
            }
        }
        write("latency_ms", &writer) { writer in
            quantiles("publish_to_flush", publishToFlush, &writer)
            quantiles("ping_round_trip", pingRoundTrip, &writer)
        }
        write("consumers", &writer) { writer in
            writer.member("live", connections.active - lagging)
            writer.member("lagging", lagging)
            writer.member("stalled", stalled)
            writer.member("max_lag_ms", maximumLagMilliseconds)
            writer.member("buffered_bytes", bufferedBytes)
            writer.member("fell_behind", fellBehind)
            writer.member("slow_closes", slowCloses)
            writer.member("gaps", gaps)
            writer.member("conflated", conflated)
        }
        write("recovery", &writer) { writer in
            writer.member("attempts", recoveryAttempts)
            writer.member("recovered", recovered)
            writer.member("failed", notRecovered)
            writer.member("replayed", replayed)
        }
        counts("closes", closes.map { ("\($0.key)", Int(clamping: $0.value)) }, &writer)
        write("history", &writer) { writer in
            for ring in history {
                writer.key(ring.name.rawValue)
                writer.beginObject()
                writer.member("first", ring.first)
                writer.member("last", ring.last)
                writer.member("count", ring.count)
                writer.member("bytes", ring.bytes)
                writer.endObject()
            }
        }
        writer.member("epoch", epoch)
        writer.member("offset", offset)
        writer.endObject()
        return writer.bytes
    }

    private func write(_ key: StaticString, _ writer: inout JSONWriter, _ body: (inout JSONWriter) -> Void) {
        writer.key(key)
        writer.beginObject()
        body(&writer)
        writer.endObject()
    }

    private func counts(_ key: StaticString, _ counts: [(String, Int)], _ writer: inout JSONWriter) {
        write(key, &writer) { writer in
            for (name, count) in counts.sorted(by: { $0.0 < $1.0 }) {
                writer.key(name)
                writer.value(count)
            }
        }
    }

    private func quantiles(_ key: StaticString, _ histogram: Histogram, _ writer: inout JSONWriter) {
        write(key, &writer) { writer in
            writer.member("count", histogram.count)
            writer.member("mean", histogram.mean.map { $0 / 1e6 })
            writer.member("p50", histogram.quantile(0.5).map { $0 / 1e6 })
            writer.member("p95", histogram.quantile(0.95).map { $0 / 1e6 })
            writer.member("p99", histogram.quantile(0.99).map { $0 / 1e6 })
            writer.member("p999", histogram.quantile(0.999).map { $0 / 1e6 })
            writer.member("max", histogram.count == 0 ? nil : Double(histogram.maximum) / 1e6)
        }
    }
}
