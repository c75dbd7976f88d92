import JSONBytes

/// The reference distributions in an artifact's manifest. Artifacts of before have none, and keep their bytes.
extension Manifest {
    static func encode(_ distributions: [ReferenceDistribution], to json: inout JSONWriter) {
        json.beginArray()
        for distribution in distributions {
            json.beginObject()
            switch distribution.bins {
            case .numbers(let bounds):
                json.key("bounds")
                json.beginArray()
                for bound in bounds { json.value(bound) }
                json.endArray()
            case .levels(let codes):
                json.key("codes")
                json.beginArray()
                for code in codes { json.value(Int(code)) }
                json.endArray()
            }
            json.key("counts")
            json.beginArray()
            for count in distribution.counts { json.value(count) }
            json.endArray()
            json.member("missing", distribution.missing)
            json.member("unseen", distribution.unseen)
            json.endObject()
        }
        json.endArray()
    }

    static func distribution(_ field: ManifestField) throws(ArtifactError) -> ReferenceDistribution {
        let bins: ReferenceDistribution.Bins
        if field.element["bounds"] != nil {
            bins = .numbers(
                bounds: try field("bounds").doubles(atMost: ReferenceDistribution.numberBins).map { Float($0) })
        } else {
            bins = .levels(
                codes: try field("codes").array(atMost: ReferenceDistribution.maximumLevels) {
                    code throws(ArtifactError) in Int32(clamping: try code.count())
                })
        }
        let counts = try field("counts").array(atMost: ReferenceDistribution.maximumLevels + 1) {
            count throws(ArtifactError) in try count.count()
        }
        let distribution = ReferenceDistribution(
            bins: bins, counts: counts, missing: try field("missing").count(), unseen: try field("unseen").count())
        guard let distribution else { throw field.wrong("must hold ascending bins, each with a count") }
        return distribution
    }
}
