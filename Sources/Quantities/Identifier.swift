/// What an identifier names; gives its text the prefix.
@usableFromInline package protocol IdentifierKind: Sendable {
    static var prefix: StaticString { get }
}

/// A 64-bit counter of one kind of object: 1, 2, 3 … in the order of creation. 0 names nothing.
///
/// As text it is the kind's prefix, an underscore and at least six digits of Crockford's base 32: `ord_00002S`.
/// To clients it is opaque.
@usableFromInline package struct Identifier<Kind: IdentifierKind>: FieldValue, BitwiseCopyable, Hashable, Comparable {
    @usableFromInline package var rawValue: Int64

    @inlinable package init() { rawValue = 0 }
    @inlinable package init(_ rawValue: Int64) { self.rawValue = rawValue }

    /// Names nothing: what a text that is no identifier of this kind becomes.
    @inlinable package static var none: Identifier { Identifier(0) }
    @inlinable package var isNone: Bool { rawValue == 0 }

    @inlinable package static func < (left: Identifier, right: Identifier) -> Bool { left.rawValue < right.rawValue }

    @inlinable package mutating func code<C: FieldCoder>(_ coder: inout C) { coder.identifier(&rawValue, prefix: Kind.prefix) }

    /// Reads the text of an identifier of this kind; only the form that `description` writes is taken.
    package init?(text: some StringProtocol) {
        guard let rawValue = IdentifierText.parse(text, prefix: Kind.prefix) else { return nil }
        self.rawValue = rawValue
    }
}

extension Identifier: CustomStringConvertible {
    @usableFromInline package var description: String { IdentifierText.format(rawValue, prefix: Kind.prefix) }
}

/// Identifiers as text.
@usableFromInline package enum IdentifierText {
    private static let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)

    /// Prefix, underscore, at least six base-32 digits.
    package static func format(_ rawValue: Int64, prefix: StaticString) -> String {
        var digits: [UInt8] = []
        var rest = UInt64(bitPattern: rawValue)
        while rest > 0 || digits.count < 6 {
            digits.append(alphabet[Int(rest & 31)])
            rest >>= 5
        }
        return "\(prefix)_" + String(decoding: digits.reversed(), as: UTF8.self)
    }

    /// The number, or nil where the text is not exactly what `format` writes.
    package static func parse(_ text: some StringProtocol, prefix: StaticString) -> Int64? {
        let bytes = Array(text.utf8)
        let head = Array("\(prefix)_".utf8)
        guard bytes.count >= head.count + 6, bytes.count <= head.count + 13, bytes.starts(with: head) else { return nil }
        let digits = bytes[head.count...]
        if digits.count > 6, digits.first == UInt8(ascii: "0") { return nil }
        var value: UInt64 = 0
        for byte in digits {
            guard value < 1 << 58, let digit = alphabet.firstIndex(of: byte) else { return nil }
            value = value << 5 | UInt64(digit)
        }
        guard value > 0, value <= UInt64(Int64.max) else { return nil }
        return Int64(value)
    }
}

@usableFromInline package enum ParticipantTag: IdentifierKind { @usableFromInline package static let prefix: StaticString = "par" }
@usableFromInline package enum APIKeyTag: IdentifierKind { @usableFromInline package static let prefix: StaticString = "key" }
@usableFromInline package enum ResourceTag: IdentifierKind { @usableFromInline package static let prefix: StaticString = "res" }
@usableFromInline package enum OrderTag: IdentifierKind { @usableFromInline package static let prefix: StaticString = "ord" }
@usableFromInline package enum TradeTag: IdentifierKind { @usableFromInline package static let prefix: StaticString = "trd" }
@usableFromInline package enum OfferTag: IdentifierKind { @usableFromInline package static let prefix: StaticString = "off" }
@usableFromInline package enum BidTag: IdentifierKind { @usableFromInline package static let prefix: StaticString = "bid" }
@usableFromInline package enum AllocationTag: IdentifierKind { @usableFromInline package static let prefix: StaticString = "alc" }
@usableFromInline package enum LotTag: IdentifierKind { @usableFromInline package static let prefix: StaticString = "lot" }
@usableFromInline package enum DeliveryTag: IdentifierKind { @usableFromInline package static let prefix: StaticString = "dlv" }
@usableFromInline package enum DepositTag: IdentifierKind { @usableFromInline package static let prefix: StaticString = "dep" }
@usableFromInline package enum WithdrawalTag: IdentifierKind { @usableFromInline package static let prefix: StaticString = "wdr" }
@usableFromInline package enum EntrySetTag: IdentifierKind { @usableFromInline package static let prefix: StaticString = "ent" }
@usableFromInline package enum TransferTag: IdentifierKind { @usableFromInline package static let prefix: StaticString = "tfr" }
@usableFromInline package enum AccountTag: IdentifierKind { @usableFromInline package static let prefix: StaticString = "acc" }
@usableFromInline package enum SettlementRunTag: IdentifierKind { @usableFromInline package static let prefix: StaticString = "stl" }
@usableFromInline package enum OutageTag: IdentifierKind { @usableFromInline package static let prefix: StaticString = "out" }
@usableFromInline package enum CertificationTag: IdentifierKind { @usableFromInline package static let prefix: StaticString = "cer" }
@usableFromInline package enum EnergyCertificateTag: IdentifierKind {
    @usableFromInline package static let prefix: StaticString = "eac"
}
@usableFromInline package enum AttestationKeyTag: IdentifierKind {
    @usableFromInline package static let prefix: StaticString = "atk"
}
@usableFromInline package enum WipeTag: IdentifierKind { @usableFromInline package static let prefix: StaticString = "wip" }
@usableFromInline package enum DisputeTag: IdentifierKind { @usableFromInline package static let prefix: StaticString = "dsp" }
@usableFromInline package enum CorrectionTag: IdentifierKind { @usableFromInline package static let prefix: StaticString = "cor" }
@usableFromInline package enum SigningKeyTag: IdentifierKind { @usableFromInline package static let prefix: StaticString = "sgk" }
@usableFromInline package enum MoveTag: IdentifierKind { @usableFromInline package static let prefix: StaticString = "mov" }

@usableFromInline package typealias ParticipantID = Identifier<ParticipantTag>
@usableFromInline package typealias APIKeyID = Identifier<APIKeyTag>
@usableFromInline package typealias ResourceID = Identifier<ResourceTag>
@usableFromInline package typealias OrderID = Identifier<OrderTag>
@usableFromInline package typealias TradeID = Identifier<TradeTag>
@usableFromInline package typealias OfferID = Identifier<OfferTag>
@usableFromInline package typealias BidID = Identifier<BidTag>
@usableFromInline package typealias AllocationID = Identifier<AllocationTag>
@usableFromInline package typealias LotID = Identifier<LotTag>
@usableFromInline package typealias DeliveryID = Identifier<DeliveryTag>
@usableFromInline package typealias DepositID = Identifier<DepositTag>
@usableFromInline package typealias WithdrawalID = Identifier<WithdrawalTag>
@usableFromInline package typealias EntrySetID = Identifier<EntrySetTag>
@usableFromInline package typealias TransferID = Identifier<TransferTag>
@usableFromInline package typealias AccountID = Identifier<AccountTag>
@usableFromInline package typealias SettlementRunID = Identifier<SettlementRunTag>
@usableFromInline package typealias OutageID = Identifier<OutageTag>
@usableFromInline package typealias CertificationID = Identifier<CertificationTag>
@usableFromInline package typealias EnergyCertificateID = Identifier<EnergyCertificateTag>
@usableFromInline package typealias AttestationKeyID = Identifier<AttestationKeyTag>
@usableFromInline package typealias WipeID = Identifier<WipeTag>
@usableFromInline package typealias DisputeID = Identifier<DisputeTag>
@usableFromInline package typealias CorrectionID = Identifier<CorrectionTag>
@usableFromInline package typealias SigningKeyID = Identifier<SigningKeyTag>
@usableFromInline package typealias MoveID = Identifier<MoveTag>
