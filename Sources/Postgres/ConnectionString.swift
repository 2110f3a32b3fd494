import CLibpq

/// Where a PostgreSQL is and how to log in: a URL (`postgresql://user:secret@host/db`) or `host=… dbname=…`.
///
/// Everything that libpq understands is allowed, lists of hosts and `target_session_attrs` included. The type
/// exists so that the password cannot reach a log by accident: its description names hosts, database and user only.
///
///     let target = try ConnectionString("postgresql://ann:secret@db.example/market")
///     print(target)  // host=db.example dbname=market user=ann
package struct ConnectionString: Hashable, Sendable, CustomStringConvertible, CustomReflectable {
    /// The text as given, secrets included. Only for libpq.
    let raw: String

    /// Values that must not appear in any message.
    let secrets: [String]

    /// The parts that may be shown.
    package let description: String

    private static let shown = ["host", "hostaddr", "port", "dbname", "user", "target_session_attrs"]
    private static let secret = ["password", "sslpassword"]

    /// Parses `raw` with libpq's own parser.
    ///
    /// - Throws: `cannotConnect` when libpq cannot read it. libpq's explanation quotes the text, so it is left out.
    package init(_ raw: String) throws(PostgresError) {
        guard !raw.utf8.contains(0), let options = PQconninfoParse(raw, nil) else {
            throw PostgresError(
                .cannotConnect,
                "the connection string is unreadable; write postgresql://user@host:port/database or host=… dbname=…"
            )
        }
        defer { PQconninfoFree(options) }
        var values: [String: String] = [:]
        var option = options
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val {
                values[String(cString: keyword)] = String(cString: value)
            }
            option += 1
        }
        self.raw = raw
        self.secrets = Self.secret.compactMap { values[$0] }.filter { !$0.isEmpty }
        let parts = Self.shown.compactMap { keyword in values[keyword].map { "\(keyword)=\($0)" } }
        self.description = parts.isEmpty ? "libpq's defaults" : parts.joined(separator: " ")
    }

    package var customMirror: Mirror { Mirror(self, children: ["description": description]) }

    /// `message` on one line with every secret of this connection string replaced.
    func masking(_ message: String) -> String {
        var text = message
        for secret in secrets {
            text = text.split(separator: secret, omittingEmptySubsequences: false).joined(separator: "***")
        }
        return text.split(whereSeparator: \.isNewline)
            .map { $0.drop(while: \.isWhitespace) }
            .filter { !$0.isEmpty }
            .joined(separator: "; ")
    }
}
