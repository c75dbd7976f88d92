import Leads
import Scoring

/// What is read, by statements that each use an index (`QueryPlanTests` asks the server).
enum Queries {
    /// $1 the tenant's name, $2 the leads' ids.
    static func states(_ columns: String) -> String {
        """
        SELECT \(columns), leads.lead_id, leads.opted_out IS NOT NULL
        FROM leads LEFT JOIN scores ON scores.tenant = leads.tenant AND scores.id = leads.latest
        WHERE leads.tenant = (SELECT id FROM tenants WHERE name = $1) AND leads.lead_id = ANY($2)
        """
    }

    /// Newest first; at one millisecond the later commit first.
    static func history(of leadID: String, tenant: Tenant, upTo: Timestamp, limit: Int) -> Statement {
        let sql = """
            SELECT \(StoredScore.columns) FROM leads
            JOIN scores ON scores.tenant = leads.tenant AND scores.lead = leads.id
            WHERE leads.tenant = (SELECT id FROM tenants WHERE name = $1) AND leads.lead_id = $2
                AND scores.scored_at <= $3
            ORDER BY scores.scored_at DESC, scores.id DESC LIMIT $4
            """
        return Statement(sql).binding(tenant.name).binding(leadID).binding(upTo.milliseconds)
            .binding(Int64(max(0, limit)))
    }

    static let idempotency = """
        SELECT digest, answer, at FROM idempotency
        WHERE tenant = (SELECT id FROM tenants WHERE name = $1) AND key = $2 AND at >= $3
        """

    static let position = "SELECT epoch, last_offset FROM tenants WHERE name = $1"

    static let events = """
        SELECT events.log_offset, events.type, events.event_id, events.at, events.data, leads.lead_id, tenants.epoch
        FROM tenants JOIN events ON events.tenant = tenants.id
        LEFT JOIN leads ON leads.tenant = events.tenant AND leads.id = events.lead
        WHERE tenants.name = $1 AND events.log_offset > $2
        ORDER BY events.log_offset LIMIT $3
        """

    static let statistics = "SELECT leads, scores, won, other FROM tenants WHERE name = $1"

    /// $3 is how many there must be. Null if there are fewer.
    static let median = """
        SELECT CASE WHEN count(*) >= $3 THEN percentile_cont(0.5) WITHIN GROUP (ORDER BY close_milliseconds) END
        FROM outcomes
        WHERE tenant = (SELECT id FROM tenants WHERE name = $1) AND timeline = $2 AND close_milliseconds IS NOT NULL
        """

    /// $2 the last number seen, $3 how many. `opted_out` says who asked not to be scored: their rows count for the page, so
    /// that its end is known, and are left out.
    /// The tenant's scores are numbered one by one.
    static let newestScore = """
        SELECT max(id) FROM scores WHERE tenant = (SELECT id FROM tenants WHERE name = $1)
        """

    static let labels = labels(trial: "NULL::float8", where: "TRUE")

    /// $4 the model on trial.
    static let trials = labels(trial: "scores.shadow_probability", where: "scores.shadow_model = $4")

    private static func labels(trial: String, where condition: String) -> String {
        """
        SELECT scores.id, leads.lead_id, scores.scored_at, scores.features, scores.model, scores.probability,
            (SELECT min(at) FROM outcomes WHERE outcomes.tenant = scores.tenant AND outcomes.lead = scores.lead
                AND at >= scores.scored_at AND result = 'won'),
            (SELECT min(at) FROM outcomes WHERE outcomes.tenant = scores.tenant AND outcomes.lead = scores.lead
                AND at >= scores.scored_at AND result <> 'won'),
            EXISTS (SELECT 1 FROM outcomes WHERE outcomes.tenant = scores.tenant AND outcomes.lead = scores.lead
                AND at < scores.scored_at),
            leads.opted_out IS NOT NULL, \(trial)
        FROM scores JOIN leads ON leads.tenant = scores.tenant AND leads.id = scores.lead
        WHERE scores.tenant = (SELECT id FROM tenants WHERE name = $1) AND scores.id > $2 AND \(condition)
        ORDER BY scores.id LIMIT $3
        """
    }

    static let exportedLead = """
        SELECT leads.id, leads.opted_out, scores.lead_json
        FROM leads LEFT JOIN scores ON scores.tenant = leads.tenant AND scores.id = leads.latest
        WHERE leads.tenant = (SELECT id FROM tenants WHERE name = $1) AND leads.lead_id = $2
        """

    static let exportedOutcomes = """
        SELECT result, value, at, recorded_at FROM outcomes JOIN leads
            ON outcomes.tenant = leads.tenant AND outcomes.lead = leads.id
        WHERE leads.tenant = (SELECT id FROM tenants WHERE name = $1) AND leads.lead_id = $2
        ORDER BY at, result
        """

    static let exportedReviews = """
        SELECT reviews.classification, reviews.note, reviews.at FROM reviews JOIN leads
            ON reviews.tenant = leads.tenant AND reviews.lead = leads.id
        WHERE leads.tenant = (SELECT id FROM tenants WHERE name = $1) AND leads.lead_id = $2
        ORDER BY reviews.id
        """
}
