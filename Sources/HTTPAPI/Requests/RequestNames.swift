import Synchronization

/// The names of requests: the client's own where it is fit to be repeated, else the next of this process.
final class RequestNames: Sendable {
    private let prefix: String
    private let count = Atomic<UInt64>(0)

    init() {
        var generator = SystemRandomNumberGenerator()
        prefix = "req_" + String(generator.next() & 0xFFFF_FFFF, radix: 36) + "_"
    }

    /// The name of a request that brought `own`.
    func name(_ own: String?) -> String {
        if let own, Self.isFit(own) { return own }
        return prefix + String(count.wrappingAdd(1, ordering: .relaxed).newValue, radix: 36)
    }

    /// 1 to 128 letters, digits and `-_.:/`: safe in a header and in a log.
    private static func isFit(_ name: String) -> Bool {
        (1...128).contains(name.utf8.count)
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."),
                    UInt8(ascii: ":"), UInt8(ascii: "/"):
                    true
                default: false
                }
            }
    }
}
