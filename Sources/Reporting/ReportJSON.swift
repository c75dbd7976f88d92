import JSONBytes
import Learning

extension ModelReport {
    /// The figures of the page as JSON, schema `leadwire/report/1`. Intervals are 90%, `[low, high]`.
    public func json() -> [UInt8] {
        var json = JSONWriter(reserving: 64 << 10)
        json.beginObject()
        json.member("schema", "leadwire/report/1")
        json.member("headline", headline)
        json.member("file", file)
        json.key("model")
        json.beginObject()
        json.member("name", model.card.name)
        json.member("sha256", model.sha256)
        json.member("kind", model.kind.rawValue)
        json.member("policy_overridden", model.policyOverridden)
        json.endObject()
        json.member("label", label)
        json.member("positive", positive)
        json.member("rows", rows)
        json.member("positives", positives)
        json.member("repeated_rows", repeatedRows)
        json.member("window_from", window?.from)
        json.member("window_to", window?.to)
        json.member("warnings", warnings)
        json.key("left_out")
        json.beginArray()
        for column in model.card.leftOut {
            json.beginObject()
            json.member("column", column.column)
            json.member("reason", column.reason)
            json.endObject()
        }
        json.endArray()
        json.key("figures")
        CardJSON.encode(quality, to: &json)
        encodeFound(&json)
        encodeCurves(&json)
        encodeCalibration(&json)
        encodeFactors(&json)
        json.key("by_source")
        encode(source, &json)
        json.key("by_month")
        encode(months, &json)
        json.key("drift")
        DriftJSON.encode(drift, to: &json)
        encodeImpact(&json)
        encodeBaselines(&json)
        json.endObject()
        return json.bytes
    }

    private func encodeFound(_ json: inout JSONWriter) {
        json.key("found_in_first")
        json.beginArray()
        for step in [10, 20, 30] {
            let (share, interval) = found(inFirst: step)
            json.beginObject()
            json.member("share_of_list", Double(step) / 100)
            json.member("share_found", share)
            json.member("interval", interval)
            json.endObject()
        }
        json.endArray()
    }

    private func encodeCurves(_ json: inout JSONWriter) {
        json.key("curves")
        json.beginObject()
        json.member("grid", Curves.grid)
        for (name, curve) in [("gain", curves.gain), ("roc", curves.roc), ("precision_by_recall", curves.precision)] {
            json.key(name)
            json.beginObject()
            json.member("values", curve.values)
            json.member("lower", curve.lower)
            json.member("upper", curve.upper)
            json.endObject()
        }
        json.endObject()
    }

    private func encodeCalibration(_ json: inout JSONWriter) {
        json.key("calibration")
        json.beginObject()
        json.key("overall")
        DriftJSON.encode(reliability.overall, to: &json)
        json.key("bins")
        json.beginArray()
        for bin in reliability.bins {
            json.beginObject()
            json.member("rows", bin.rows)
            json.member("positives", bin.positives)
            json.member("promised", bin.promised)
            json.member("observed", bin.observed)
            json.member("interval", bin.interval)
            json.endObject()
        }
        json.endArray()
        json.key("histogram")
        json.beginObject()
        json.member("log_odds", histogram.range)
        json.member("closed", histogram.closed)
        json.member("others", histogram.others)
        json.endObject()
        json.endObject()
    }

    private func encodeFactors(_ json: inout JSONWriter) {
        json.member("explained_rows", explainedRows)
        json.key("factors")
        json.beginArray()
        for factor in factors {
            json.beginObject()
            json.member("name", factor.name)
            json.member("mean_absolute_shap", factor.strength)
            json.member("mean_absolute_shap_interval", factor.strengthInterval)
            json.member("direction", factor.direction.rawValue)
            json.key("levels")
            json.beginArray()
            for level in factor.levels {
                json.beginObject()
                json.member("name", level.name)
                json.member("mean_shap", level.push)
                json.endObject()
            }
            json.endArray()
            json.endObject()
        }
        json.endArray()
    }

    private func encode(_ quality: SliceQuality?, _ json: inout JSONWriter) {
        guard let quality else { return json.null() }
        json.beginObject()
        json.member("column", quality.column)
        json.key("slices")
        json.beginArray()
        for entry in quality.entries {
            json.beginObject()
            json.member("name", entry.name)
            json.member("rows", entry.rows)
            json.key("calibration")
            DriftJSON.encode(entry.calibration, to: &json)
            json.member("auc", entry.auc?.value)
            json.member("auc_interval", entry.auc?.interval)
            json.member("too_small_to_rank", entry.isTooSmall)
            json.endObject()
        }
        json.endArray()
        json.endObject()
    }

    private func encodeImpact(_ json: inout JSONWriter) {
        json.key("fair_housing")
        json.beginArray()
        for impact in impacts {
            json.beginObject()
            json.member("column", impact.column)
            json.member("is_model_input", impact.isModelInput)
            json.key("groups")
            json.beginArray()
            for entry in impact.entries {
                json.beginObject()
                json.member("name", entry.name)
                json.member("rows", entry.rows)
                json.member("hot", entry.hot)
                json.member("hot_closed", entry.hotClosed)
                json.member("selection_rate", entry.selectionRate)
                json.member("selection_interval", entry.selectionInterval)
                json.member("impact_ratio", entry.table?.ratio)
                json.member("impact_ratio_interval", entry.table?.ratioInterval)
                json.member("fisher_p", entry.fisherP)
                json.member("verdict", entry.verdict.rawValue)
                json.key("held_back_by")
                json.beginArray()
                for driver in entry.drivers {
                    json.beginObject()
                    json.member("name", driver.name)
                    json.member("mean_shap_difference", driver.push)
                    json.endObject()
                }
                json.endArray()
                json.key("calibration")
                DriftJSON.encode(entry.calibration, to: &json)
                json.endObject()
            }
            json.endArray()
            json.endObject()
        }
        json.endArray()
    }

    private func encodeBaselines(_ json: inout JSONWriter) {
        json.member("baseline_rows", baselineRows)
        json.key("baselines")
        json.beginArray()
        for baseline in baselines {
            json.beginObject()
            json.member("key", baseline.key)
            json.member("name", baseline.name)
            json.key("figures")
            CardJSON.encode(baseline.figures, to: &json)
            json.endObject()
        }
        json.endArray()
    }
}
