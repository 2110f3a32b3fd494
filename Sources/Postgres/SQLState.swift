/// The five characters by which PostgreSQL classifies an error (PostgreSQL manual, appendix A).
package struct SQLState: Hashable, Sendable, CustomStringConvertible {
    /// Five characters out of `0-9A-Z`.
    package let code: String

    /// Wraps `code` as the server sent it.
    package init(_ code: String) {
        self.code = code
    }

    package var description: String { code }

    /// The first two characters: `23` is every violated constraint, `08` every connection exception.
    package var errorClass: Substring { code.prefix(2) }

    package static let uniqueViolation = SQLState("23505")
    package static let checkViolation = SQLState("23514")
    package static let readOnlyTransaction = SQLState("25006")
    package static let transactionAborted = SQLState("25P02")
    package static let invalidPassword = SQLState("28P01")
    package static let serializationFailure = SQLState("40001")
    package static let deadlockDetected = SQLState("40P01")
    package static let undefinedTable = SQLState("42P01")
    package static let diskFull = SQLState("53100")
    package static let tooManyConnections = SQLState("53300")
    package static let lockNotAvailable = SQLState("55P03")
    package static let queryCancelled = SQLState("57014")
    package static let adminShutdown = SQLState("57P01")
    package static let crashShutdown = SQLState("57P02")
    package static let cannotConnectNow = SQLState("57P03")
}
