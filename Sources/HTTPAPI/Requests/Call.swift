import Exchange
import Quantities
import Registry
import Sequencer

/// One request, authenticated and taken apart: what a route's handler gets.
package struct Call: Sendable {
    let services: Services
    let caller: Caller
    /// The values of the path's parameters, in order.
    let parameters: [String]
    let query: QueryValues
    /// The parsed body; nil where the route takes none.
    let body: JSONDocument?
    var idempotency: IdempotencyKey?
    /// Where the request is answered on its connection's event loop: that loop's mailbox.
    var mailbox: LoopMailbox?
    /// What the record keeps of where an administrative command came from; nil where nobody in particular calls.
    var origin: (@Sendable () -> CommandOrigin)?
    /// The media types that the client would rather have.
    var accept: String?
    /// Of a stream: where the client left one, and where it comes from.
    var lastEventID: String?
    var address: NetworkAddress?

    /// The codes of products, as they are at this moment.
    var products: ProductIndex { services.directory.products }

    // MARK: What was sent

    /// The body as a record.
    ///
    /// - Throws: `invalid_request` with the field's path.
    func read<Value: Record>(_ type: Value.Type, longTextFields: [StaticString] = []) throws(Problem) -> Value {
        guard let body else { preconditionFailure("a route that reads a body names its record") }
        do throws(Refusal) {
            return try JSONFieldReader.read(type, from: body, products: products, longTextFields: longTextFields)
        } catch {
            throw Problem(error)
        }
    }

    /// The identifier in the path; one that names nothing where the text is malformed.
    func id<Kind: IdentifierKind>(_ type: Identifier<Kind>.Type, _ position: Int = 0) -> Identifier<Kind> {
        Identifier(text: parameters[position]) ?? .none
    }

    /// The contract whose symbol is in the path; one that names nothing where there is none.
    func contract(_ position: Int = 0) -> ContractKey { products.contract(symbol: parameters[position]) }

    /// Runs a check of bounds.
    func check(_ body: () throws(Refusal) -> Void) throws(Problem) {
        do throws(Refusal) { try body() } catch { throw Problem(error) }
    }

    // MARK: The exchange

    /// Submits a command for the caller.
    ///
    /// - Throws: the refusal as a problem, or why nothing was acknowledged.
    func submit(_ command: Command) async throws(Problem) -> Outcome {
        let outcome: Outcome
        var command = command
        if command.tag.isAdministrative, let origin {
            command = .administrative(AdministrativeCommand(origin: origin(), command: command))
        }
        do throws(SubmissionError) {
            outcome = try await services.gateway.submit(command, issuer: caller.participant, idempotency: idempotency)
        } catch {
            throw Problem(error)
        }
        if case .refused(let refusal) = outcome.reply { throw Problem(refusal, isReplayed: outcome.replayed) }
        return outcome
    }

    /// Submits a command and answers its reply.
    func perform(_ command: Command, status: Int = 200) async throws(Problem) -> Answer {
        let outcome = try await submit(command)
        return Answer(to: outcome, status: status, products: products)
    }

    /// Submits a command without waiting: `body` is called once, when it is durable or was refused: on the connection's event loop where the
    /// request is answered there, else on a thread that it must not hold up.
    ///
    /// - Precondition: the command is no administrative one.
    func submit(_ command: Command, then body: @escaping @Sendable (Result<Outcome, Problem>) -> Void) {
        guard let mailbox else {
            return services.gateway.submit([
                Submission(command, issuer: caller.participant, idempotency: idempotency) { body(Self.judged($0)) }
            ])
        }
        mailbox.submit(
            Submission(command, issuer: caller.participant, idempotency: idempotency) { result in
                // Others wait for the writer: whatever an answer needs is done by the loop.
                mailbox.post { body(Self.judged(result)) }
            })
    }

    private static func judged(_ result: Result<Outcome, SubmissionError>) -> Result<Outcome, Problem> {
        switch result {
        case .success(let outcome):
            if case .refused(let refusal) = outcome.reply { return .failure(Problem(refusal, isReplayed: outcome.replayed)) }
            return .success(outcome)
        case .failure(let error): return .failure(Problem(error))
        }
    }

    /// What makes an outcome the answer of a direct route.
    func made(_ result: Result<Outcome, Problem>, status: Int = 200) -> @Sendable () throws(Problem) -> Answer {
        let directory = services.directory
        return { () throws(Problem) in Answer(to: try result.get(), status: status, products: directory.products) }
    }

    /// Reads the exchange's state.
    func query<Value: Sendable>(_ body: @escaping @Sendable (Exchange) -> Value) async throws(Problem) -> Value {
        do throws(SubmissionError) {
            return try await services.gateway.read(body)
        } catch {
            throw Problem(error)
        }
    }

    /// Reads the past, waiting until it includes all that was acknowledged when the call came.
    func past<Value: Sendable>(
        _ body: (any History, _ sequence: Int64) async throws(HistoryError) -> Value
    ) async throws(Problem) -> Value {
        do throws(HistoryError) {
            return try await body(services.history, services.gateway.acknowledgedSequence)
        } catch {
            throw Problem(error)
        }
    }

    /// Reads the ledger's archive, waiting until it includes all that was acknowledged when the call came.
    func archive<Value: Sendable>(
        _ body: (any LedgerArchive, _ sequence: Int64) async throws(HistoryError) -> Value
    ) async throws(Problem) -> Value {
        do throws(HistoryError) {
            return try await body(services.archive, services.gateway.acknowledgedSequence)
        } catch {
            throw Problem(error)
        }
    }

    /// Whose objects a list shows: the caller's own, for overseers everybody's, or those of one whom they name.
    ///
    /// - Returns: nil for everybody's.
    func listed() throws(Problem) -> ParticipantID? {
        guard let named = query.identifier("participant_id", ParticipantID.self) else {
            return caller.seesEverything ? nil : caller.participant
        }
        guard caller.seesEverything || named == caller.participant else { throw .notFound("participant") }
        return named
    }

    /// As `listed()`, for lists that are somebody's: without a name the caller's own.
    func subject() throws(Problem) -> ParticipantID { try listed() ?? caller.participant }

    // MARK: Answers

    /// One value as JSON.
    func json<Value: FieldValue>(_ value: Value, status: Int = 200) -> Answer {
        .json(value, status: status, products: products)
    }

    /// A page of elements of which one more than asked for was read, to know whether there is another page.
    ///
    /// - Parameter cursor: the inside of the cursor that leads past an element.
    func list<Element: FieldValue>(_ elements: [Element], limit: Int, cursor: (Element) -> String) -> Answer {
        let shown = elements.prefix(limit)
        let next = elements.count > limit ? shown.last.map(cursor) : nil
        return .list(Array(shown), next: next, products: products)
    }
}
