/// A GPU cluster's trace as its two files tell it: nodes are supply, tasks are demand.
package struct Trace: Sendable, Equatable {
    /// One machine.
    package struct Node: Sendable, Equatable {
        package var serial: String
        package var cpuMilli: Int
        package var memoryMib: Int
        /// At least 1.
        package var devices: Int
        package var model: String
    }

    /// One task that wants at least one whole device. A shared device (`gpu_milli` below 1,000) counts as one.
    package struct Task: Sendable, Equatable {
        package var name: String
        package var cpuMilli: Int
        package var memoryMib: Int
        /// At least 1.
        package var devices: Int
        /// The models that it accepts; empty accepts any.
        package var acceptedModels: [String]
        /// `LS` (latency-sensitive), `BE` (best effort), `Burstable`, `Guaranteed` …
        package var serviceClass: String
        /// Seconds since the trace began.
        package var createdSeconds: Int
        /// Seconds since the trace began, not before `createdSeconds`.
        package var deletedSeconds: Int
    }

    /// Nodes that have devices.
    package var nodes: [Node]
    /// Tasks that want devices, in the order of creation, then of the file.
    package var tasks: [Task]
    /// How many tasks the file has, those without devices included.
    package var taskCount: Int

    /// The latest second that a trace may reach: ten years.
    package static let latestSecond = 315_360_000
    /// The most devices of a node or a task, and of all nodes of a model.
    package static let deviceLimit = 1_000_000

    /// Reads both files.
    ///
    /// - Throws: `CommaSeparatedTable.Fault` with file and line for a missing column, a figure that is none or out of
    ///   bounds, a repeated name, a node without a model, and a task that ends before it begins.
    package init(nodes: CommaSeparatedTable, tasks: CommaSeparatedTable) throws(CommaSeparatedTable.Fault) {
        self.nodes = try Self.readNodes(nodes)
        self.tasks = try Self.readTasks(tasks)
        taskCount = tasks.rows.count
    }

    private static func readNodes(_ table: CommaSeparatedTable) throws(CommaSeparatedTable.Fault) -> [Node] {
        let serial = try table.position(of: "sn")
        let cpu = try table.position(of: "cpu_milli")
        let memory = try table.position(of: "memory_mib")
        let devices = try table.position(of: "gpu")
        let model = try table.position(of: "model")
        var nodes: [Node] = []
        var seen: Set<String> = []
        for row in table.rows {
            guard seen.insert(row.fields[serial]).inserted else {
                throw table.fault(in: row, "node \"\(row.fields[serial])\" appears twice")
            }
            let count = try table.integer(row, devices, in: 0...deviceLimit)
            // The trace's list of all nodes has machines without accelerators: nothing to sell.
            guard count > 0 else { continue }
            guard ModelName.isValid(row.fields[model]) else {
                throw table.fault(in: row, "model is \"\(row.fields[model])\" where capitals, digits and hyphens are wanted")
            }
            nodes.append(
                Node(
                    serial: row.fields[serial],
                    cpuMilli: try table.integer(row, cpu, in: 0...1_000_000_000),
                    memoryMib: try table.integer(row, memory, in: 0...1_000_000_000),
                    devices: count,
                    model: row.fields[model]
                )
            )
        }
        guard !nodes.isEmpty else {
            throw CommaSeparatedTable.Fault(file: table.file, line: 1, reason: "no node with a device")
        }
        return nodes
    }

    private static func readTasks(_ table: CommaSeparatedTable) throws(CommaSeparatedTable.Fault) -> [Task] {
        let name = try table.position(of: "name")
        let cpu = try table.position(of: "cpu_milli")
        let memory = try table.position(of: "memory_mib")
        let devices = try table.position(of: "num_gpu")
        let accepted = try table.position(of: "gpu_spec")
        let service = try table.position(of: "qos")
        let created = try table.position(of: "creation_time")
        let deleted = try table.position(of: "deletion_time")
        var tasks: [Task] = []
        var seen: Set<String> = []
        for row in table.rows {
            let taskName = row.fields[name]
            guard Label.isValid(taskName), seen.insert(taskName).inserted else {
                throw table.fault(in: row, "task name \"\(taskName)\" is no plain word or appears twice")
            }
            let count = try table.integer(row, devices, in: 0...deviceLimit)
            guard count > 0 else { continue }
            let models = row.fields[accepted].split(separator: "|", omittingEmptySubsequences: false).map { String($0) }
            guard row.fields[accepted].isEmpty || models.allSatisfy({ ModelName.isValid($0) }) else {
                throw table.fault(in: row, "gpu_spec is \"\(row.fields[accepted])\" where models divided by | are wanted")
            }
            guard row.fields[service].isEmpty || Label.isValid(row.fields[service]) else {
                throw table.fault(in: row, "qos is \"\(row.fields[service])\" where a plain word is wanted")
            }
            let createdSeconds = try table.integer(row, created, in: 0...latestSecond)
            tasks.append(
                Task(
                    name: taskName,
                    cpuMilli: try table.integer(row, cpu, in: 0...1_000_000_000),
                    memoryMib: try table.integer(row, memory, in: 0...1_000_000_000),
                    devices: count,
                    acceptedModels: row.fields[accepted].isEmpty ? [] : models,
                    serviceClass: row.fields[service].isEmpty ? "unspecified" : row.fields[service],
                    createdSeconds: createdSeconds,
                    deletedSeconds: try table.integer(row, deleted, in: createdSeconds...latestSecond)
                )
            )
        }
        let inOrder = tasks.enumerated().sorted { left, right in
            (left.element.createdSeconds, left.offset) < (right.element.createdSeconds, right.offset)
        }
        return inOrder.map(\.element)
    }
}

/// Names of tasks and service classes; they become parts of headers and of participants' names.
package enum Label {
    /// Whether the text is 1–100 visible ASCII characters.
    package static func isValid(_ text: String) -> Bool {
        (1...100).contains(text.utf8.count) && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }
}

/// Names of device models in a trace; they become codes of compute classes.
package enum ModelName {
    /// Whether the text is 1–16 capitals, digits and hyphens, and begins with no hyphen.
    package static func isValid(_ text: String) -> Bool {
        (1...16).contains(text.utf8.count) && text.utf8.first != UInt8(ascii: "-")
            && text.utf8.allSatisfy { byte in
                (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: "-")
            }
    }
}
