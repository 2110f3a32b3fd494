import Quantities

/// What an import does, worked out before the first request. Hours count from the trace's beginning.
package struct TracePlan: Sendable, Equatable {
    /// What a person may choose.
    package struct Settings: Sendable, Equatable {
        /// The longest a bid runs; a longer task is capped.
        package var maximumHours = 168
        /// How many hours later than at once a patient task may start.
        package var flexibilityHours = 4
        /// Only the first so many tasks; nil takes all.
        package var taskLimit: Int?

        package init() {}
    }

    /// All devices of one model: one provider with one resource and one product.
    package struct Model: Sendable, Equatable {
        package var name: String
        package var units: Int
        package var nodes: Int
        /// The devices of each node, where all have as many.
        package var devicesPerNode: Int?
        package var facts: TraceModelFacts
    }

    /// Hours that every provider offers in full, posted just before a bid that may need them.
    package struct OfferWindow: Sendable, Equatable {
        /// Position in `bids`.
        package var beforeBid: Int
        package var hours: Range<Int>
    }

    /// One task as a whole bid on one resource.
    package struct Bid: Sendable, Equatable {
        package var task: String
        package var buyer: String
        /// When it is placed, in seconds since the trace began.
        package var placedSeconds: Int
        package var earliestStart: Int
        package var latestEnd: Int
        package var durationHours: Int
        package var quantity: Int
        /// Positions in `models`, ascending.
        package var models: [Int]
        package var limitPrice: Price
    }

    package var settings: Settings
    /// In alphabetical order.
    package var models: [Model]
    /// The service classes that buy, in alphabetical order.
    package var buyers: [String]
    package var bids: [Bid]
    package var offerWindows: [OfferWindow]
    /// Tasks that were longer than the cap.
    package var cappedTasks: Int
    /// Tasks that fit on no node of a model they accept; they place no bid.
    package var unplaceableTasks: [String]

    /// Offers close this long before an hour begins.
    package static let gateClosureMinutes = 15
    /// The most hours of one offer.
    package static let offerHours = 168

    /// How far ahead the products must list hours: the longest bid's window, one offer beyond it, and a day to spare.
    package var horizonHours: Int { settings.maximumHours + settings.flexibilityHours + Self.offerHours + 24 }
    /// The first hour after everything that was offered.
    package var endHour: Int { offerWindows.map(\.hours.upperBound).max() ?? 0 }

    /// Plans the trading of a trace.
    ///
    /// A task bids for max(1, ⌈(deletion − creation) / 3600⌉) hours, capped, as soon as an hour's gate is still open at its
    /// creation; a patient one (`TraceRules.isPatient`) accepts a start up to `flexibilityHours` later. It accepts the
    /// models of its `gpu_spec`, or any, as far as one of their nodes is large enough for it in devices, CPU and memory.
    ///
    /// - Complexity: O(nodes × distinct task shapes + tasks).
    package init(trace: Trace, settings: Settings = Settings()) {
        let models = Self.models(of: trace)
        let positions = Dictionary(uniqueKeysWithValues: models.enumerated().map { ($1.name, $0) })
        var fitting = FittingModels(trace: trace, positions: positions)
        var bids: [Bid] = []
        var capped = 0
        var unplaceable: [String] = []
        for task in trace.tasks.prefix(settings.taskLimit ?? .max) {
            let accepted = fitting.models(for: task)
            guard let cheapest = accepted.map({ models[$0].facts.referencePrice }).min() else {
                unplaceable.append(task.name)
                continue
            }
            let wanted = max(1, (task.deletedSeconds - task.createdSeconds + 3_599) / 3_600)
            if wanted > settings.maximumHours { capped += 1 }
            let duration = min(wanted, settings.maximumHours)
            // The first hour whose gate closes after the creation, not at it.
            let start = (task.createdSeconds + Self.gateClosureMinutes * 60) / 3_600 + 1
            let patience = TraceRules.isPatient(serviceClass: task.serviceClass) ? settings.flexibilityHours : 0
            bids.append(
                Bid(
                    task: task.name,
                    buyer: task.serviceClass,
                    placedSeconds: task.createdSeconds,
                    earliestStart: start,
                    latestEnd: start + duration + patience,
                    durationHours: duration,
                    quantity: task.devices,
                    models: accepted,
                    limitPrice: TraceRules.limitPrice(task: task.name, cheapestReference: cheapest)
                )
            )
        }
        self.settings = settings
        self.models = models
        self.bids = bids
        buyers = Set(bids.map(\.buyer)).sorted()
        offerWindows = Self.offerWindows(for: bids)
        cappedTasks = capped
        unplaceableTasks = unplaceable
    }

    private static func models(of trace: Trace) -> [Model] {
        Dictionary(grouping: trace.nodes, by: \.model).sorted { $0.key < $1.key }.map { name, nodes in
            let sizes = Set(nodes.map(\.devices))
            return Model(
                name: name,
                units: nodes.reduce(0) { $0 + $1.devices },
                nodes: nodes.count,
                devicesPerNode: sizes.count == 1 ? sizes.first : nil,
                facts: TraceModelFacts.facts(of: name)
            )
        }
    }

    /// Covers every bid's window with offers: whole weeks where bids follow each other, nothing where none comes.
    private static func offerWindows(for bids: [Bid]) -> [OfferWindow] {
        let last = bids.map(\.latestEnd).max() ?? 0
        var windows: [OfferWindow] = []
        var covered = 0
        for (position, bid) in bids.enumerated() where bid.latestEnd > covered {
            var start = max(covered, bid.earliestStart)
            let end = min(max(bid.latestEnd, start + offerHours), last)
            while start < end {
                let stop = min(start + offerHours, end)
                windows.append(OfferWindow(beforeBid: position, hours: start..<stop))
                start = stop
            }
            covered = end
        }
        return windows
    }
}

/// Which models have a node that a task fits on; remembers the answer for each shape of task.
private struct FittingModels {
    private struct Shape: Hashable {
        var cpuMilli: Int
        var memoryMib: Int
        var devices: Int
        var acceptedModels: [String]
    }

    private let trace: Trace
    private let positions: [String: Int]
    private var known: [Shape: [Int]] = [:]

    init(trace: Trace, positions: [String: Int]) {
        self.trace = trace
        self.positions = positions
    }

    /// Positions of the models, ascending.
    mutating func models(for task: Trace.Task) -> [Int] {
        let shape = Shape(
            cpuMilli: task.cpuMilli, memoryMib: task.memoryMib, devices: task.devices,
            acceptedModels: task.acceptedModels
        )
        if let models = known[shape] { return models }
        var fitting: Set<Int> = []
        for node in trace.nodes
        where node.devices >= task.devices && node.cpuMilli >= task.cpuMilli && node.memoryMib >= task.memoryMib {
            guard task.acceptedModels.isEmpty || task.acceptedModels.contains(node.model) else { continue }
            if let position = positions[node.model] { fitting.insert(position) }
        }
        let models = fitting.sorted()
        known[shape] = models
        return models
    }
}
