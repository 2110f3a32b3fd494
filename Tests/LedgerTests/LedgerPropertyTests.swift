import Ledger
import Quantities
import TestSupport
import Testing

/// The ledger as obvious code: a dictionary of balances, recomputed from nothing but the transfers.
struct NaiveLedger {
    var balances: [AccountID: Int128] = [:]

    mutating func apply(_ transfer: Transfer) {
        balances[transfer.debit, default: 0] -= Int128(transfer.amount.rawValue)
        balances[transfer.credit, default: 0] += Int128(transfer.amount.rawValue)
    }
}

/// A stream of random deposits, trades, settlements and withdrawals.
struct LedgerStream: ~Copyable {
    var random: SeededGenerator
    var ledger = Ledger()
    var naive = NaiveLedger()
    var transferCount: Int64 = 0
    var escrows: [AccountID] = []

    init(seed: UInt64) { random = SeededGenerator(seed: seed) }

    /// The same stream at the same point, over a ledger that was read back.
    init(_ other: borrowing LedgerStream, ledger: consuming Ledger) {
        random = other.random
        self.ledger = ledger
        naive = other.naive
        transferCount = other.transferCount
        escrows = other.escrows
    }

    mutating func step(_ number: Int64) {
        let asset = ledger.openAsset([dollarCode, yuanCode][Int.random(in: 0...1, using: &random)])
        let cash = ledger.cashAccountOpening(ParticipantID(Int64.random(in: 1...9, using: &random)), asset)
        ledger.beginEntrySet(.trade(TradeID(number)))
        let amount = Micros(Int64.random(in: 1...1_000_000, using: &random))
        switch Int.random(in: 0..<6, using: &random) {
        case 0:
            ledger.post(debit: ledger.world(asset), credit: cash, amount: amount, kind: .deposit)
        case 1:
            if ledger.canReserve(cash, amount) { try? ledger.reserve(cash, amount) }
        case 2:
            let part = min(amount, ledger.cash(cash).reserved)
            if part > .zero, Bool.random(using: &random) {
                ledger.spendReserved(debit: cash, credit: ledger.feeRevenue(asset), amount: part, kind: .feeRevenue)
            } else {
                ledger.release(cash, part)
            }
        case 3:
            let escrow = ledger.openAccount(
                .escrow(ContractKey(product: ProductID(1), hour: Hour(Int32(truncatingIfNeeded: number)))), asset: asset)
            escrows.append(escrow)
            let part = min(amount, ledger.cash(cash).available)
            ledger.postIfPositive(debit: cash, credit: escrow, amount: part, kind: .notional)
        case 4:
            guard !escrows.isEmpty else { break }
            let escrow = escrows.remove(at: Int.random(in: escrows.indices, using: &random))
            guard let account = ledger.account(escrow) else { break }
            let receiver = ledger.cashAccountOpening(ParticipantID(4), account.asset)
            ledger.postIfPositive(
                debit: escrow, credit: receiver, amount: Micros(Int64(account.balance)), kind: .proceeds)
            ledger.closeEscrow(escrow)
        default:
            let part = min(amount, ledger.cash(cash).available)
            ledger.postIfPositive(debit: cash, credit: ledger.world(asset), amount: part, kind: .withdrawal)
        }
        for transfer in ledger.transfers {
            transferCount += 1
            #expect(transfer.id == TransferID(transferCount))
            naive.apply(transfer)
        }
        ledger.removeTransfers()
    }
}

@Suite("Ledger, random streams")
struct LedgerPropertyTests {
    static let seeds: [UInt64] = [11, 12, 13, 14, 15, 16, 17, 18]

    @Test("balances follow from the transfers alone, and every invariant holds after every command", arguments: seeds)
    func balancesFollowFromTransfers(seed: UInt64) {
        var stream = LedgerStream(seed: seed)
        for number in 1...400 {
            stream.step(Int64(number))
            if let broken = stream.ledger.firstBrokenInvariant() {
                Issue.record("seed \(seed), command \(number): \(broken)")
                return
            }
        }
        for number in 1...stream.ledger.lastAccount.rawValue {
            let id = AccountID(number)
            let balance = stream.ledger.account(id)?.balance ?? 0
            #expect(balance == stream.naive.balances[id, default: 0], "seed \(seed), account \(id)")
        }
    }

    @Test("a ledger read back from its state is equal, in bytes and in all that follows", arguments: seeds)
    func stateRoundTrip(seed: UInt64) throws {
        var stream = LedgerStream(seed: seed)
        for number in 1...300 { stream.step(Int64(number)) }
        var encoder = BinaryEncoder()
        stream.ledger.encodeState(into: &encoder)
        var decoder = BinaryDecoder(encoder.bytes)
        var copy = LedgerStream(stream, ledger: try Ledger(decoding: &decoder))
        #expect(decoder.isAtEnd)
        for number in 301...500 {
            stream.step(Int64(number))
            copy.step(Int64(number))
        }
        var first = BinaryEncoder()
        var second = BinaryEncoder()
        stream.ledger.encodeState(into: &first)
        copy.ledger.encodeState(into: &second)
        #expect(first.bytes == second.bytes, "seed \(seed)")
        #expect(stream.ledger.lastTransfer == copy.ledger.lastTransfer)
    }

    @Test("a damaged state is refused or is a sound ledger, and never traps", arguments: seeds)
    func damagedState(seed: UInt64) {
        var stream = LedgerStream(seed: seed)
        for number in 1...60 { stream.step(Int64(number)) }
        var encoder = BinaryEncoder()
        stream.ledger.encodeState(into: &encoder)
        var refused = 0
        for _ in 0..<200 {
            var bytes = encoder.bytes
            // The counters come first; a huge account counter would only cost memory, so the damage begins after them.
            let start = 4 + 7 + 7 + 24
            let victim = Int.random(in: start..<bytes.count, using: &stream.random)
            bytes[victim] ^= UInt8.random(in: 1...255, using: &stream.random)
            if Bool.random(using: &stream.random) { bytes.removeLast(Int.random(in: 1...40, using: &stream.random)) }
            var decoder = BinaryDecoder(bytes)
            if let ledger = try? Ledger(decoding: &decoder) {
                #expect(ledger.firstBrokenInvariant() == nil, "seed \(seed)")
            } else {
                refused += 1
            }
        }
        #expect(refused > 100, "seed \(seed)")
    }
}
