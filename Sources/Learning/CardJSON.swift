public import JSONBytes

/// A model card as JSON: in the artifact, and as `--json` prints it.
public enum CardJSON {
    public static func encode(_ card: ModelCard, to json: inout JSONWriter) {
        json.beginObject()
        json.member("name", card.name)
        json.member("label", card.label)
        json.member("positive", card.positive)
        json.member("rows", card.rows)
        json.member("positives", card.positives)
        json.member("window_from", card.windowFrom)
        json.member("window_to", card.windowTo)
        json.member("data_sha256", card.dataSHA256)
        json.key("holdout")
        json.beginObject()
        json.member("kind", card.holdout.kind.rawValue)
        json.key("figures")
        if let figures = card.holdout.figures { encode(figures, to: &json) } else { json.null() }
        json.endObject()
        json.member("refitted", card.isRefitted)
        json.key("left_out")
        json.beginArray()
        for column in card.leftOut {
            json.beginObject()
            json.member("column", column.column)
            json.member("reason", column.reason)
            json.endObject()
        }
        json.endArray()
        json.key("settings")
        json.beginObject()
        for setting in card.settings {
            json.key(setting.name)
            json.value(setting.value)
        }
        json.endObject()
        json.member("notes", card.notes)
        json.endObject()
    }

    /// Rows, positives, one member a measure (null where it can't be measured), and `intervals` by measure.
    public static func encode(_ figures: QualityFigures, to json: inout JSONWriter) {
        json.beginObject()
        json.member("rows", figures.rows)
        json.member("positives", figures.positives)
        for figure in figures.figures {
            json.key(figure.measure.rawValue)
            json.value(figure.value)
        }
        json.key("intervals")
        json.beginObject()
        for figure in figures.figures {
            json.key(figure.measure.rawValue)
            json.value(figure.interval)
        }
        json.endObject()
        json.endObject()
    }

    private static let maximumEntries = 10_000

    static func decode(_ field: ManifestField) throws(ArtifactError) -> ModelCard {
        var card = ModelCard(name: try field("name").string())
        card.label = try field("label").optional()?.string()
        card.positive = try field("positive").optional()?.string()
        card.rows = try field("rows").optional()?.count()
        card.positives = try field("positives").optional()?.count()
        card.windowFrom = try field("window_from").optional()?.string()
        card.windowTo = try field("window_to").optional()?.string()
        card.dataSHA256 = try field("data_sha256").optional()?.string()
        let holdout = try field("holdout")
        card.holdout = ModelCard.Holdout(
            kind: try holdout("kind").choice(ModelCard.Holdout.Kind.self),
            figures: try holdout("figures").optional().map { present throws(ArtifactError) in try figures(present) })
        card.isRefitted = try field("refitted").bool()
        card.leftOut = try field("left_out").array(atMost: maximumEntries) {
            entry throws(ArtifactError) in
            ModelCard.LeftOut(column: try entry("column").string(), reason: try entry("reason").string())
        }
        let settings = try field("settings")
        guard settings.element.kind == .object, settings.element.count <= maximumEntries else {
            throw settings.wrong("must be an object")
        }
        for (name, value) in settings.element.members {
            let value = ManifestField(element: value, path: "\(settings.path).\(name)")
            card.settings.append(ModelCard.Setting(name: name, value: try value.string()))
        }
        card.notes = try field("notes").strings(atMost: maximumEntries)
        return card
    }

    private static func figures(_ field: ManifestField) throws(ArtifactError) -> QualityFigures {
        let intervals = try field("intervals")
        var figures: [QualityFigures.Figure] = []
        for measure in Measure.allCases {
            figures.append(
                QualityFigures.Figure(
                    measure: measure, value: try field(measure.rawValue).optional()?.double(),
                    interval: try intervals(measure.rawValue).range()))
        }
        return QualityFigures(
            rows: try field("rows").count(), positives: try field("positives").count(), figures: figures)
    }
}
