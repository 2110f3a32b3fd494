import Exchange
import Quantities

/// What a route answers: a status and a body, before they become HTTP.
package struct Answer: Sendable {
    package var status: Int
    package var body: [UInt8]
    package var contentType = "application/json"
    /// Whether this is the stored answer of an earlier request.
    package var isReplayed = false
    /// Whether nobody may keep a copy on the way.
    package var isSecret = false
    /// Whether the answer changes seldom, so that a client may ask whether its own still holds.
    package var changesSlowly = false
    /// The name of this state of the answer, where it was made before; else it is made from the body.
    package var tag: String?
    /// The body piece by piece instead of `body`, until nil: what is too long to be held at once. A piece that throws ends the
    /// connection, so that nobody takes a part for the whole.
    package var pieces: (@Sendable () async throws -> [UInt8]?)?

    /// The stream that is the body, instead of `body`.
    package var stream: StreamSession?

    package init(status: Int = 200, body: [UInt8]) {
        self.status = status
        self.body = body
    }

    /// One value as JSON.
    package static func json<Value: FieldValue>(
        _ value: Value, status: Int = 200, products: ProductIndex, capacity: Int = 1_024
    ) -> Answer {
        var writer = JSONFieldWriter(products: products, capacity: capacity)
        writer.append(value)
        return Answer(status: status, body: writer.bytes)
    }

    /// One object whose members are written one by one.
    package static func object(
        status: Int = 200, products: ProductIndex, capacity: Int = 1_024, _ members: (inout JSONFieldWriter) -> Void
    ) -> Answer {
        var writer = JSONFieldWriter(products: products, capacity: capacity)
        writer.object(members)
        return Answer(status: status, body: writer.bytes)
    }

    /// A page of a list: `{"data":[…],"next_cursor":…}`.
    package static func list<Element: FieldValue>(_ data: [Element], next: String?, products: ProductIndex) -> Answer {
        object(products: products) { writer in
            writer.member("data", data)
            writer.member("next_cursor", next.map { Base64URL.encoded($0.utf8) })
        }
    }
}
