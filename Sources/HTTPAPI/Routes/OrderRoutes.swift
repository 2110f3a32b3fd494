import Exchange
import Quantities
import Sequencer

/// Orders: placed alone or in batches, amended, cancelled, read.
enum OrderRoutes {
    private static let traders: Route.Access = .roles([.provider, .consumer])

    static let routes: [Route] = [
        Route(.post, "/v1/orders", traders, body: OrderSpec.self, direct: place),
        Route(.post, "/v1/orders/batch", traders, body: OrderBatch.self, direct: placeBatch),
        Route(.get, "/v1/orders", .participants, query: Page.parameters + ["status", "contract", "participant_id"], list),
        Route(.delete, "/v1/orders", traders, query: ["contract"], cancelAll),
        Route(.get, "/v1/orders/{id}", .participants, get),
        Route(.patch, "/v1/orders/{id}", traders, body: AmendOrder.Body.self, amend),
        Route(.delete, "/v1/orders/{id}", traders, direct: cancel),
    ]

    @Sendable static func place(_ call: Call, answer: @escaping Route.Completion) {
        do throws(Problem) {
            let spec = try call.read(OrderSpec.self)
            try call.check { () throws(Refusal) in try spec.check() }
            let allocation = spec.allocationID
            call.submit(.placeOrder(spec)) { result in
                guard let allocation, case .failure(let problem) = result, mayBeForeign(problem.code) else {
                    return answer(call.made(result, status: 201))
                }
                Task {
                    let told = await self.problem(problem, sellingFrom: allocation, call)
                    answer { () throws(Problem) in throw told }
                }
            }
        } catch {
            let problem = error
            answer { () throws(Problem) in throw problem }
        }
    }

    /// Elements out of bounds are refused one by one, in their places of the answer.
    @Sendable static func placeBatch(_ call: Call, answer: @escaping Route.Completion) {
        do throws(Problem) {
            let batch = try call.read(OrderBatch.self)
            try call.check { () throws(Refusal) in try batch.check() }
            let allocations = batch.orders.contains { $0.allocationID != nil } ? batch.orders.map(\.allocationID) : []
            call.submit(.placeOrders(batch)) { result in
                guard case .success(let outcome) = result, case .orders(let results) = outcome.reply else { return answer(call.made(result)) }
                let refused = zip(allocations, results).map { id, result in
                    result.error.map { mayBeForeign(ProblemCode($0.code)) } ?? false ? id : nil
                }
                guard refused.contains(where: { $0 != nil }) else { return answer(call.made(result)) }
                Task {
                    var told = outcome
                    told.reply = .orders(await self.results(results, sellingFrom: refused, call))
                    answer(call.made(.success(told)))
                }
            }
        } catch {
            let problem = error
            answer { () throws(Problem) in throw problem }
        }
    }

    // MARK: Allocations of others

    /// Whether the exchange may have refused an order with this for what it looks at after the order's allocation.
    ///
    /// Of an allocation that has left memory the exchange knows the number alone, so it judges an order that would sell from it as its
    /// holder's. Others are told what they are told of any allocation that is not theirs.
    private static func mayBeForeign(_ code: ProblemCode) -> Bool {
        switch code {
        case .invalidRequest, .idempotencyMismatch, .notFound, .overloaded, .databaseUnavailable: false
        default: true
        }
    }

    private static func problem(_ problem: Problem, sellingFrom id: AllocationID, _ call: Call) async -> Problem {
        do throws(Problem) {
            return try await call.foreign([id]).isEmpty ? problem : Problem(.noSuchAllocation, isReplayed: problem.isReplayed)
        } catch {
            return error
        }
    }

    /// The results of a batch, in which each refused order that would sell from an allocation stands with that one. What the batch did stands,
    /// so where the record cannot be read now its refusals stay as they are.
    private static func results(
        _ results: [OrderBatchResult], sellingFrom refused: [AllocationID?], _ call: Call
    ) async -> [OrderBatchResult] {
        guard let foreign = try? await call.foreign(refused.compactMap { $0 }) else { return results }
        return zip(refused, results).map { id, result in
            var told = result
            if let id, foreign.contains(id) { told.error = .noSuchAllocation }
            return told
        }
    }

    // MARK: Changes

    @Sendable static func amend(_ call: Call) async throws(Problem) -> Answer {
        let body = try call.read(AmendOrder.Body.self)
        try call.check { () throws(Refusal) in try body.check() }
        return try await performOnOpen(call, .amendOrder(AmendOrder(order: reference(call), body: body)))
    }

    @Sendable static func cancel(_ call: Call, answer: @escaping Route.Completion) {
        call.submit(.cancelOrder(CancelOrder(reference(call)))) { result in
            guard case .failure(let problem) = result, problem.code == .notFound, !reference(call).id.isNone else {
                return answer(call.made(result))
            }
            Task {
                let told = await self.problem(problem, of: call)
                answer { () throws(Problem) in throw told }
            }
        }
    }

    /// Performs a command on an open order.
    private static func performOnOpen(_ call: Call, _ command: Command) async throws(Problem) -> Answer {
        do throws(Problem) {
            return try await call.perform(command)
        } catch {
            throw error.code == .notFound && !reference(call).id.isNone ? await problem(error, of: call) : error
        }
    }

    /// Why an order that the exchange does not know cannot be changed. It forgets closed orders, within a day where very many close: the
    /// record tells whether it was the caller's and has closed.
    private static func problem(_ problem: Problem, of call: Call) async -> Problem {
        let id = reference(call).id
        let past = try? await call.past { (history, sequence) async throws(HistoryError) in
            try await history.order(id, including: sequence)
        }
        guard let past, past.participantID == call.caller.participant else { return problem }
        var told = Problem(.orderNotOpen, "the order is \(past.status.rawValue)")
        told.isReplayed = problem.isReplayed
        return told
    }

    /// Cancels all of the caller's orders, or those of one contract.
    @Sendable static func cancelAll(_ call: Call) async throws(Problem) -> Answer {
        let contract = call.query["contract"].map { call.products.contract(symbol: $0) }
        return try await call.perform(.cancelOrders(CancelOrders(contract: contract)))
    }

    /// An order that lives or closed within a day comes from the exchange, an older one from the record.
    @Sendable static func get(_ call: Call) async throws(Problem) -> Answer {
        let reference = reference(call)
        let owner = call.caller.seesEverything && reference.clientOrderID == nil ? nil : call.caller.participant
        if let order = try await call.query({ $0.order(reference, of: owner) }) { return call.json(order) }
        guard !reference.id.isNone else { throw .notFound("order") }
        let id = reference.id
        let past = try await call.past { (history, sequence) async throws(HistoryError) in
            try await history.order(id, including: sequence)
        }
        guard let past, owner == nil || past.participantID == owner else { throw .notFound("order") }
        return call.json(past)
    }

    /// The order in the path: an identifier, or `client:` and the name that the participant gave it.
    private static func reference(_ call: Call) -> OrderReference {
        let text = call.parameters[0]
        let prefix = "client:"
        return text.hasPrefix(prefix)
            ? OrderReference(clientOrderID: String(text.dropFirst(prefix.count))) : OrderReference(id: OrderID(text: text) ?? .none)
    }
}
