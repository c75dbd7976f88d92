/// The tables, as a chain of migrations that only ever grows at its end.
///
/// Rows are numbered per tenant from its row in `tenants`, whose lock every writer of the tenant holds: so numbers follow
/// the order of commits on any number of nodes, and every key begins with the tenant. Moments are milliseconds since
/// 1970, as everywhere; text compares byte by byte.
enum Schema {
    struct Migration {
        var version: Int64
        var name: String
        var statements: [String]
    }

    static let migrations = [
        Migration(version: 1, name: "leads, scores, events", statements: first),
        Migration(version: 2, name: "notices between nodes, models", statements: second),
        Migration(version: 3, name: "models by tenant, shadows", statements: third),
        Migration(version: 4, name: "long sources", statements: fourth),
    ]

    /// Wide and personal columns stand only in tables that are appended to; `leads` is narrow and ranks.
    /// `shelf` is classification × 2 + (in the review list); a lead without a score has none.
    private static let first = [
        """
        CREATE TABLE tenants (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text COLLATE "C" NOT NULL UNIQUE,
            epoch text COLLATE "C" NOT NULL, last_offset bigint NOT NULL DEFAULT 0,
            trimmed_to bigint NOT NULL DEFAULT 0, last_lead bigint NOT NULL DEFAULT 0,
            last_score bigint NOT NULL DEFAULT 0, leads bigint NOT NULL DEFAULT 0, scores bigint NOT NULL DEFAULT 0,
            won bigint NOT NULL DEFAULT 0, other bigint NOT NULL DEFAULT 0
        ) WITH (fillfactor = 20)
        """,
        """
        CREATE TABLE leads (
            tenant bigint NOT NULL, id bigint NOT NULL, lead_id text COLLATE "C" NOT NULL, latest bigint,
            shelf bigint, score_rank float8, updated bigint, commission_rank float8, source text COLLATE "C",
            first_scored bigint, timeline text COLLATE "C", opted_out bigint, PRIMARY KEY (tenant, id)
        ) WITH (fillfactor = 80)
        """,
        "CREATE UNIQUE INDEX leads_by_id ON leads (tenant, lead_id)",
        "CREATE INDEX leads_by_score ON leads (tenant, shelf, score_rank, id) WHERE shelf IS NOT NULL",
        "CREATE INDEX leads_by_updated ON leads (tenant, shelf, updated, id) WHERE shelf IS NOT NULL",
        "CREATE INDEX leads_by_commission ON leads (tenant, shelf, commission_rank, id) WHERE shelf IS NOT NULL",
        "CREATE INDEX leads_by_source ON leads (tenant, shelf, source) WHERE source IS NOT NULL",
        """
        CREATE TABLE scores (
            tenant bigint NOT NULL, id bigint NOT NULL, lead bigint NOT NULL, scored_at bigint NOT NULL,
            ml_score float8, probability float8 NOT NULL, confidence float8 NOT NULL, classification bigint NOT NULL,
            estimated_commission float8, model text COLLATE "C" NOT NULL, name text COLLATE "C",
            source text COLLATE "C", features bytea, body bytea NOT NULL, lead_json bytea NOT NULL,
            PRIMARY KEY (tenant, id)
        )
        """,
        "CREATE INDEX scores_by_lead ON scores (tenant, lead, scored_at, id)",
        """
        CREATE TABLE events (
            tenant bigint NOT NULL, log_offset bigint NOT NULL, at bigint NOT NULL, lead bigint,
            type text COLLATE "C", event_id text COLLATE "C", data bytea, PRIMARY KEY (tenant, log_offset)
        )
        """,
        "CREATE UNIQUE INDEX events_by_id ON events (tenant, event_id) WHERE event_id IS NOT NULL",
        "CREATE INDEX events_by_lead ON events (tenant, lead) WHERE lead IS NOT NULL",
        """
        CREATE TABLE outcomes (
            tenant bigint NOT NULL, lead bigint NOT NULL, at bigint NOT NULL, result text COLLATE "C" NOT NULL,
            value float8, recorded_at bigint NOT NULL, timeline text COLLATE "C", close_milliseconds bigint,
            PRIMARY KEY (tenant, lead, at, result)
        )
        """,
        """
        CREATE INDEX outcomes_by_close ON outcomes (tenant, timeline, close_milliseconds)
        WHERE close_milliseconds IS NOT NULL
        """,
        """
        CREATE TABLE reviews (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, tenant bigint NOT NULL, lead bigint NOT NULL,
            classification bigint NOT NULL, note text COLLATE "C", at bigint NOT NULL
        )
        """,
        "CREATE INDEX reviews_by_lead ON reviews (tenant, lead, id)",
        """
        CREATE TABLE idempotency (
            tenant bigint NOT NULL, key text COLLATE "C" NOT NULL, digest bytea NOT NULL, at bigint NOT NULL,
            answer bytea NOT NULL, PRIMARY KEY (tenant, key)
        )
        """,
        "CREATE INDEX idempotency_by_age ON idempotency (at)",
        """
        CREATE TABLE idempotency_leads (
            tenant bigint NOT NULL, lead bigint NOT NULL, key text COLLATE "C" NOT NULL,
            PRIMARY KEY (tenant, lead, key)
        )
        """,
        "CREATE INDEX idempotency_leads_by_key ON idempotency_leads (tenant, key)",
        // Who was erased of late, so that a score that was on its way, on any node, does not bring the lead back. Not
        // by name: the digest is salted with the log's epoch, and goes after an hour.
        """
        CREATE TABLE erasures (
            tenant bigint NOT NULL, digest bytea NOT NULL, at bigint NOT NULL,
            noted_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (tenant, digest)
        )
        """,
        "CREATE INDEX erasures_by_age ON erasures (noted_at)",
        // The number of each node's last committed transaction: what tells a node, after a connection broke while
        // it committed, whether it did.
        """
        CREATE TABLE writers (
            id text COLLATE "C" PRIMARY KEY, number bigint NOT NULL, at timestamptz NOT NULL
        ) WITH (fillfactor = 20)
        """,
        "CREATE INDEX writers_by_age ON writers (at)",
        "CREATE TABLE probes (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY)",
    ]

    /// What many nodes share beside leads. Posting takes one lock, so that notices are seen in the order of their numbers.
    private static let second = [
        """
        CREATE TABLE notices (
            number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, kind text COLLATE "C" NOT NULL,
            tenant text COLLATE "C" NOT NULL, body bytea NOT NULL, node text COLLATE "C" NOT NULL, until bigint NOT NULL
        )
        """,
        "CREATE INDEX notices_by_end ON notices (until)",
        """
        CREATE TABLE models (
            sha256 text COLLATE "C" PRIMARY KEY, version text COLLATE "C" NOT NULL, added_at bigint NOT NULL,
            artifact bytea NOT NULL
        )
        """,
        """
        CREATE TABLE promotions (
            number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, sha256 text COLLATE "C" NOT NULL REFERENCES models,
            at bigint NOT NULL
        )
        """,
        "CREATE INDEX promotions_by_model ON promotions (sha256, number)",
    ]

    /// A model is on the shelf of a tenant, or of everyone (`''`), and promoted there; every kept one was everyone's
    /// before. `shadow_…` is what a challenger said of the same lead at the same moment.
    private static let third = [
        """
        CREATE TABLE shelves (
            tenant text COLLATE "C" NOT NULL, sha256 text COLLATE "C" NOT NULL REFERENCES models,
            added_at bigint NOT NULL, rejected_at bigint, has_scores bigint NOT NULL DEFAULT 0,
            PRIMARY KEY (tenant, sha256)
        )
        """,
        "INSERT INTO shelves (tenant, sha256, added_at) SELECT '', sha256, added_at FROM models",
        "ALTER TABLE promotions ADD COLUMN tenant text COLLATE \"C\" NOT NULL DEFAULT ''",
        "CREATE INDEX promotions_by_tenant ON promotions (tenant, number)",
        """
        CREATE TABLE trainings (
            tenant text COLLATE "C" PRIMARY KEY, outcomes bigint NOT NULL, started_at bigint NOT NULL,
            busy_until bigint NOT NULL
        )
        """,
        """
        ALTER TABLE scores ADD COLUMN shadow_model text COLLATE "C", ADD COLUMN shadow_score float8,
            ADD COLUMN shadow_probability float8
        """,
        """
        CREATE INDEX scores_by_shadow ON scores (tenant, shadow_model, id) WHERE shadow_model IS NOT NULL
        """,
    ]

    /// An entry of an index may hold 2,704 bytes, a source 1,000 characters of four.
    private static let fourth = [
        "DROP INDEX leads_by_source",
        "CREATE INDEX leads_by_source ON leads (tenant, shelf, left(source, 100)) WHERE source IS NOT NULL",
    ]
}
