import Postgres

/// Why the schema of a database and this program do not go together. Nothing was changed.
package enum MigrationError: Error, Equatable, CustomStringConvertible {
    /// A step that was applied had another text.
    case changed(number: Int, name: String)
    /// The database has steps that this program does not know: it was used by a newer one.
    case newer(number: Int, newestKnown: Int)
    /// A step is missing although a later one was applied.
    case missing(number: Int)
    /// The server refused a statement of a step.
    case refused(number: Int, name: String, cause: PostgresError)

    package var description: String {
        switch self {
        case .changed(let number, let name):
            "migration \(number) (\(name)) was applied to this database with another text; "
                + "use the program that applied it, or restore the migration"
        case .newer(let number, let newestKnown):
            "this database has migration \(number), and this program knows only up to \(newestKnown); "
                + "use a newer program"
        case .missing(let number):
            "this database lacks migration \(number) although a later one was applied; it was tampered with"
        case .refused(let number, let name, let cause):
            "migration \(number) (\(name)) failed: \(cause)"
        }
    }
}
