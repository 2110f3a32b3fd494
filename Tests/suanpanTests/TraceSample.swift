import TestSupport
import suanpan

/// A small generated trace in the format of the real one, the same for the same seed.
struct TraceSample {
    var nodes: String
    var tasks: String

    /// - Parameters:
    ///   - hours: the span over which tasks are created.
    init(seed: UInt64, taskCount: Int, hours: Int) {
        var generator = SeededGenerator(seed: seed)
        func next(_ bound: UInt64) -> Int { Int(generator.next() % bound) }
        nodes = "sn,cpu_milli,memory_mib,gpu,model\n"
        for number in 0..<12 {
            let model = ["T4", "P100", "V100M16", "G2"][number % 4]
            nodes += "node-\(number),96000,393216,\(model == "G2" ? 8 : 2),\(model)\n"
        }
        tasks = "name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,qos,pod_phase,creation_time,deletion_time,scheduled_time\n"
        var created = 0
        for number in 0..<taskCount {
            created += next(UInt64(2 * hours * 3_600 / max(taskCount, 1)) + 1)
            let devices = [0, 1, 1, 1, 2, 8][next(6)]
            let accepted = ["", "", "T4", "V100M16|V100M32", "G2|T4"][next(5)]
            let service = ["LS", "BE", "Burstable", "Guaranteed"][next(4)]
            let deleted = created + next(6 * 3_600)
            tasks += "task-\(number),4000,8192,\(devices),\(devices == 1 ? 460 : 1_000),\(accepted),\(service),Running,"
            tasks += "\(created),\(deleted),\(number % 9 == 0 ? "" : String(created))\n"
        }
    }

    /// A day of tasks that crowd a small cluster; most of them take one V100 or the other.
    static func alternatives(seed: UInt64, taskCount: Int) throws -> Trace {
        var generator = SeededGenerator(seed: seed)
        func next(_ bound: UInt64) -> Int { Int(generator.next() % bound) }
        let nodes = "sn,cpu_milli,memory_mib,gpu,model\na,96000,393216,2,V100M16\nb,96000,393216,2,V100M32\nc,96000,393216,2,T4\n"
        var tasks = "name,cpu_milli,memory_mib,num_gpu,gpu_spec,qos,creation_time,deletion_time\n"
        var created = 0
        for number in 0..<taskCount {
            created += next(UInt64(2 * 24 * 3_600 / taskCount))
            let accepted = ["V100M16|V100M32", "V100M16|V100M32", "V100M16|V100M32", "V100M32", ""][next(5)]
            let service = ["LS", "BE"][next(2)]
            tasks += "task-\(number),4000,8192,\(1 + next(2)),\(accepted),\(service),\(created),\(created + next(5 * 3_600))\n"
        }
        return try Trace(
            nodes: CommaSeparatedTable(parsing: Array(nodes.utf8), file: "nodes.csv"),
            tasks: CommaSeparatedTable(parsing: Array(tasks.utf8), file: "tasks.csv")
        )
    }

    /// The sample as the importer reads it.
    func trace() throws -> Trace {
        try Trace(
            nodes: CommaSeparatedTable(parsing: Array(nodes.utf8), file: "nodes.csv"),
            tasks: CommaSeparatedTable(parsing: Array(tasks.utf8), file: "tasks.csv")
        )
    }
}
