/// One numbered step of the database's schema, embedded in the binary so that a moved binary still runs.
///
/// A step is never edited once it was released: databases remember its checksum. What comes later is a new step.
package struct Migration: Sendable {
    /// 1, 2, 3 …
    package let number: Int
    /// What it is about, as in the name of its file.
    package let name: String
    /// The statements, UTF-8.
    package let sql: [UInt8]

    package init(number: Int, name: String, sql: [UInt8]) {
        self.number = number
        self.name = name
        self.sql = sql
    }

    /// All steps in the order in which they are applied.
    package static let all = [
        Migration(number: 1, name: "journal", sql: PackageResources.m0001_journal_sql),
        Migration(number: 2, name: "projections", sql: PackageResources.m0002_projections_sql),
        Migration(number: 3, name: "snapshots", sql: PackageResources.m0003_snapshots_sql),
        Migration(number: 4, name: "proofs", sql: PackageResources.m0004_proofs_sql),
        Migration(number: 5, name: "audit_log", sql: PackageResources.m0005_audit_log_sql),
        Migration(number: 6, name: "pricing", sql: PackageResources.m0006_pricing_sql),
        Migration(number: 7, name: "archive", sql: PackageResources.m0007_archive_sql),
        Migration(number: 8, name: "frame_domains", sql: PackageResources.m0008_frame_domains_sql),
    ]
}
