import Testing
import suanpan

@Suite("A trace")
struct TraceTests {
    private static let nodeHeader = "sn,cpu_milli,memory_mib,gpu,model\n"
    private static let taskHeader = "name,cpu_milli,memory_mib,num_gpu,gpu_spec,qos,creation_time,deletion_time\n"

    private func trace(nodes: String = "n,1,1,2,T4\n", tasks: String = "") throws -> Trace {
        try Trace(
            nodes: CommaSeparatedTable(parsing: Array((Self.nodeHeader + nodes).utf8), file: "n"),
            tasks: CommaSeparatedTable(parsing: Array((Self.taskHeader + tasks).utf8), file: "t")
        )
    }

    @Test("leaves out nodes and tasks without devices, and counts all tasks")
    func leavesOutOthers() throws {
        let trace = try trace(nodes: "n,1,1,2,T4\nm,1,1,0,\n", tasks: "a,1,1,0,,LS,0,5\nb,1,1,1,,LS,0,5\n")
        #expect(trace.nodes.map(\.serial) == ["n"])
        #expect(trace.tasks.map(\.name) == ["b"])
        #expect(trace.taskCount == 2)
    }

    @Test("orders tasks by creation, then by line")
    func ordersTasks() throws {
        let trace = try trace(tasks: "a,1,1,1,,LS,7,9\nb,1,1,1,,LS,3,9\nc,1,1,1,,LS,7,9\n")
        #expect(trace.tasks.map(\.name) == ["b", "a", "c"])
    }

    @Test("divides the accepted models at bars")
    func readsModels() throws {
        let trace = try trace(tasks: "a,1,1,1,V100M16|V100M32,LS,0,9\nb,1,1,1,,,0,9\n")
        #expect(trace.tasks.map(\.acceptedModels) == [["V100M16", "V100M32"], []])
        #expect(trace.tasks.map(\.serviceClass) == ["LS", "unspecified"])
    }

    @Test(
        "refuses a damaged task",
        arguments: [
            "a,1,1,1,,LS,9,3\n", "a,1,1,x,,LS,0,3\n", "a,1,1,1,,LS,-1,3\n", "a,1,1,1,T4||T4,LS,0,3\n", ",1,1,1,,LS,0,3\n",
            "a,1,1,1,,LS,0,3\na,1,1,1,,LS,0,3\n", "a,1,1,1,,LS,0,99999999999\n", "a b,1,1,1,,LS,0,3\n",
            "a,1,1,1,,é,0,3\n",
        ])
    func refusesTask(tasks: String) {
        #expect(throws: CommaSeparatedTable.Fault.self) { try trace(tasks: tasks) }
    }

    @Test("refuses a damaged node", arguments: ["n,1,1,2,\n", "n,1,1,2,t4\n", "n,1,1,2,T4\nn,1,1,2,T4\n", "n,1,1,0,T4\n"])
    func refusesNode(nodes: String) {
        #expect(throws: CommaSeparatedTable.Fault.self) { try trace(nodes: nodes) }
    }

    @Test("refuses a file without a column that it needs")
    func refusesMissingColumn() throws {
        let nodes = try CommaSeparatedTable(parsing: Array("sn,gpu\nn,1\n".utf8), file: "n")
        #expect(throws: CommaSeparatedTable.Fault.self) { try Trace(nodes: nodes, tasks: nodes) }
    }
}
