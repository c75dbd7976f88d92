import GRDB
import Leads
import Scoring

/// The tables, as a chain of migrations that only ever grows at its end.
enum Schema {
    /// `LDWR` in the file's header (offset 68): how we know our own file.
    static let applicationID: Int32 = 0x4C44_5752
    /// An event's row number is its tenant's number and its offset: one B-tree, appended to per tenant, no second index.
    static let offsetBits: Int64 = 40
    static let maximumOffset = Int64(1) << offsetBits - 1

    static func place(tenant: Int64, offset: UInt64) -> Int64 {
        tenant << offsetBits | Int64(clamping: min(offset, UInt64(maximumOffset)))
    }

    static func offset(ofPlace place: Int64) -> UInt64 { UInt64(place & maximumOffset) }

    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1 leads, scores, events") { try $0.execute(sql: first) }
        migrator.registerMigration("2 models") { try $0.execute(sql: second) }
        migrator.registerMigration("3 models by tenant, shadows") { try $0.execute(sql: third) }
        return migrator
    }

    /// Wide and personal columns stand only in tables that are appended to; `leads` is narrow and ranks.
    /// `shelf` is classification × 2 + (in the review list); a lead without a score has none.
    private static let first = """
        PRAGMA application_id = \(applicationID);
        CREATE TABLE tenants (
            id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, epoch TEXT NOT NULL,
            last_offset INTEGER NOT NULL, trimmed_to INTEGER NOT NULL,
            leads INTEGER NOT NULL, scores INTEGER NOT NULL, won INTEGER NOT NULL, other INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE leads (
            id INTEGER PRIMARY KEY, tenant INTEGER NOT NULL, lead_id TEXT NOT NULL, latest INTEGER, shelf INTEGER,
            score_rank REAL, updated INTEGER, commission_rank REAL, source TEXT, first_scored INTEGER,
            timeline TEXT, opted_out INTEGER
        ) STRICT;
        CREATE UNIQUE INDEX leads_by_id ON leads (tenant, lead_id);
        CREATE INDEX leads_by_score ON leads (tenant, shelf, score_rank) WHERE shelf IS NOT NULL;
        CREATE INDEX leads_by_updated ON leads (tenant, shelf, updated) WHERE shelf IS NOT NULL;
        CREATE INDEX leads_by_commission ON leads (tenant, shelf, commission_rank) WHERE shelf IS NOT NULL;
        CREATE INDEX leads_by_source ON leads (tenant, shelf, source) WHERE source IS NOT NULL;
        CREATE TABLE scores (
            id INTEGER PRIMARY KEY, lead INTEGER NOT NULL, scored_at INTEGER NOT NULL, ml_score REAL,
            probability REAL NOT NULL, confidence REAL NOT NULL, classification INTEGER NOT NULL,
            estimated_commission REAL, model TEXT NOT NULL, name TEXT, source TEXT, features BLOB,
            body BLOB NOT NULL, lead_json BLOB NOT NULL
        ) STRICT;
        CREATE INDEX scores_by_lead ON scores (lead, scored_at);
        CREATE TABLE events (
            place INTEGER PRIMARY KEY, tenant INTEGER NOT NULL, at INTEGER NOT NULL, lead INTEGER, type TEXT,
            event_id TEXT, data BLOB
        ) STRICT;
        CREATE UNIQUE INDEX events_by_id ON events (tenant, event_id) WHERE event_id IS NOT NULL;
        CREATE INDEX events_by_lead ON events (lead) WHERE lead IS NOT NULL;
        CREATE TABLE outcomes (
            id INTEGER PRIMARY KEY, tenant INTEGER NOT NULL, lead INTEGER NOT NULL, result TEXT NOT NULL,
            value REAL, at INTEGER NOT NULL, recorded_at INTEGER NOT NULL, timeline TEXT, close_milliseconds INTEGER
        ) STRICT;
        CREATE UNIQUE INDEX outcomes_by_lead ON outcomes (lead, at, result);
        CREATE INDEX outcomes_by_close ON outcomes (tenant, timeline, close_milliseconds)
            WHERE close_milliseconds IS NOT NULL;
        CREATE TABLE reviews (
            id INTEGER PRIMARY KEY, lead INTEGER NOT NULL, classification INTEGER NOT NULL, note TEXT,
            at INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX reviews_by_lead ON reviews (lead);
        CREATE TABLE idempotency (
            id INTEGER PRIMARY KEY, tenant INTEGER NOT NULL, key TEXT NOT NULL, digest BLOB NOT NULL,
            at INTEGER NOT NULL, answer BLOB NOT NULL
        ) STRICT;
        CREATE UNIQUE INDEX idempotency_by_key ON idempotency (tenant, key);
        CREATE INDEX idempotency_by_age ON idempotency (at);
        CREATE TABLE idempotency_leads (
            lead INTEGER NOT NULL, entry INTEGER NOT NULL, PRIMARY KEY (lead, entry)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX idempotency_leads_by_entry ON idempotency_leads (entry);
        CREATE TABLE probes (id INTEGER PRIMARY KEY) STRICT;
        """

    /// Artifacts stay for as long as the store: stored scores refer to them.
    private static let second = """
        CREATE TABLE models (
            sha256 TEXT PRIMARY KEY, version TEXT NOT NULL, added_at INTEGER NOT NULL, artifact BLOB NOT NULL
        ) STRICT;
        CREATE TABLE promotions (
            number INTEGER PRIMARY KEY, sha256 TEXT NOT NULL REFERENCES models, at INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX promotions_by_model ON promotions (sha256);
        """

    /// A model is on the shelf of a tenant, or of everyone (`''`), and promoted there; every kept one was everyone's
    /// before. `shadow_…` is what a challenger said of the same lead at the same moment.
    private static let third = """
        CREATE TABLE shelves (
            tenant TEXT NOT NULL, sha256 TEXT NOT NULL REFERENCES models, added_at INTEGER NOT NULL,
            rejected_at INTEGER, has_scores INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (tenant, sha256)
        ) STRICT, WITHOUT ROWID;
        INSERT INTO shelves (tenant, sha256, added_at) SELECT '', sha256, added_at FROM models;
        ALTER TABLE promotions ADD COLUMN tenant TEXT NOT NULL DEFAULT '';
        CREATE INDEX promotions_by_tenant ON promotions (tenant, number);
        CREATE TABLE trainings (
            tenant TEXT PRIMARY KEY, outcomes INTEGER NOT NULL, started_at INTEGER NOT NULL,
            busy_until INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        ALTER TABLE scores ADD COLUMN shadow_model TEXT;
        ALTER TABLE scores ADD COLUMN shadow_score REAL;
        ALTER TABLE scores ADD COLUMN shadow_probability REAL;
        CREATE INDEX scores_by_shadow ON scores (shadow_model) WHERE shadow_model IS NOT NULL;
        """
}
