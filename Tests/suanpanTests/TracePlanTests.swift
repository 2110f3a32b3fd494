import Testing
import suanpan

@Suite("The plan of an import")
struct TracePlanTests {
    private static let seeds: [UInt64] = [1, 20_260_923, 77]

    private func plan(
        tasks: String, nodes: String = "n,64000,64,2,T4\nm,64000,64,8,G2\n",
        settings: TracePlan.Settings = TracePlan.Settings()
    ) throws -> TracePlan {
        let header = "name,cpu_milli,memory_mib,num_gpu,gpu_spec,qos,creation_time,deletion_time\n"
        let trace = try Trace(
            nodes: CommaSeparatedTable(
                parsing: Array(("sn,cpu_milli,memory_mib,gpu,model\n" + nodes).utf8), file: "n"),
            tasks: CommaSeparatedTable(parsing: Array((header + tasks).utf8), file: "t")
        )
        return TracePlan(trace: trace, settings: settings)
    }

    @Test("a bid starts in the first hour whose gate is open after the task's creation", arguments: [
        (0, 1), (2_699, 1), (2_700, 2), (3_600, 2), (6_299, 2), (6_300, 3),
    ])
    func firstHour(created: Int, hour: Int) throws {
        let plan = try plan(tasks: "a,1,1,1,,LS,\(created),\(created + 10)\n")
        #expect(plan.bids.map(\.earliestStart) == [hour])
    }

    @Test("a task's time is rounded up to hours, at least one, at most the cap", arguments: [
        (0, 1, 0), (1, 1, 0), (3_600, 1, 0), (3_601, 2, 0), (36_000, 10, 0), (36_001, 10, 1),
    ])
    func duration(seconds: Int, hours: Int, capped: Int) throws {
        var settings = TracePlan.Settings()
        settings.maximumHours = 10
        let plan = try plan(tasks: "a,1,1,1,,LS,5,\(5 + seconds)\n", settings: settings)
        #expect(plan.bids.map(\.durationHours) == [hours])
        #expect(plan.cappedTasks == capped)
    }

    @Test("best-effort and burstable tasks accept a later start, others do not")
    func patience() throws {
        let plan = try plan(tasks: "a,1,1,1,,LS,0,9\nb,1,1,1,,BE,0,9\nc,1,1,1,,Burstable,0,9\nd,1,1,1,,Guaranteed,0,9\n")
        #expect(plan.bids.map { $0.latestEnd - $0.earliestStart } == [1, 5, 5, 1])
        #expect(plan.buyers == ["BE", "Burstable", "Guaranteed", "LS"])
    }

    @Test("a task goes to the models that it accepts and that have a node large enough")
    func models() throws {
        let plan = try plan(
            tasks: "a,1,1,1,,LS,0,9\nb,1,1,8,,LS,0,9\nc,1,1,1,T4,LS,0,9\nd,1,1,8,T4,LS,0,9\ne,1,65,1,,LS,0,9\n"
        )
        #expect(plan.models.map(\.name) == ["G2", "T4"])
        #expect(plan.bids.map(\.models) == [[0, 1], [0], [1]])
        #expect(plan.unplaceableTasks == ["d", "e"])
    }

    @Test("a model has the devices of all its nodes, and a node size where they agree")
    func supply() throws {
        let plan = try plan(tasks: "", nodes: "a,1,1,2,T4\nb,1,1,2,T4\nc,1,1,2,G2\nd,1,1,8,G2\n")
        #expect(plan.models.map(\.units) == [10, 4])
        #expect(plan.models.map(\.devicesPerNode) == [nil, 2])
        #expect(plan.bids.isEmpty && plan.offerWindows.isEmpty && plan.endHour == 0)
    }

    @Test("every hour of every bid's window is offered once, before the bid, within an offer's length and the horizon", arguments: seeds)
    func offersCoverBids(seed: UInt64) throws {
        let plan = try TracePlan(trace: TraceSample(seed: seed, taskCount: 400, hours: 1_500).trace())
        var offered: [Int: Int] = [:]
        for window in plan.offerWindows {
            #expect(window.hours.count <= TracePlan.offerHours && !window.hours.isEmpty, "seed \(seed)")
            let placedHour = plan.bids[window.beforeBid].placedSeconds / 3_600
            #expect(window.hours.lowerBound > placedHour, "seed \(seed)")
            #expect(window.hours.upperBound <= placedHour + plan.horizonHours, "seed \(seed)")
            for hour in window.hours {
                #expect(offered[hour] == nil, "seed \(seed): hour \(hour) is offered twice")
                offered[hour] = window.beforeBid
            }
        }
        for (position, bid) in plan.bids.enumerated() {
            for hour in bid.earliestStart..<bid.latestEnd {
                let from = try #require(offered[hour], "seed \(seed): hour \(hour) of \(bid.task) is not offered")
                #expect(from <= position, "seed \(seed)")
            }
        }
    }

    @Test("one trace gives one plan, and a task limit its beginning", arguments: seeds)
    func isDeterministic(seed: UInt64) throws {
        let trace = try TraceSample(seed: seed, taskCount: 200, hours: 300).trace()
        let plan = TracePlan(trace: trace)
        #expect(plan == TracePlan(trace: trace), "seed \(seed)")
        var settings = TracePlan.Settings()
        settings.taskLimit = 50
        let part = TracePlan(trace: trace, settings: settings)
        #expect(part.bids == Array(plan.bids.prefix(part.bids.count)), "seed \(seed)")
        #expect(part.bids.count + part.unplaceableTasks.count == 50, "seed \(seed)")
    }
}
