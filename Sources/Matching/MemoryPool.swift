#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A run of plain records in memory that somebody else owns: the one door to unsafe memory in this module.
///
/// Argument of safety. Every run is made by `Slab` or `MemoryPool`, which alone allocate and free; records are `BitwiseCopyable`, so
/// nothing is initialised, moved or destroyed by mistake, and zeros are a valid value of all of them. Indices come from the structures
/// themselves (lists, bitmaps, offsets already compared with the width), never from outside unchecked: the entry points check a
/// caller's slot and book first. Debug builds check every index. `OrderBooks` and `OrderDirectory` are noncopyable and not shared,
/// so one thread at a time reaches the memory; `MemoryAhead` lets another one ask the system for it, which reads and writes nothing.
package struct Cells<Record: BitwiseCopyable>: BitwiseCopyable {
    private let base: UnsafeMutablePointer<Record>?
    #if DEBUG
        private let count: Int
    #endif

    /// A run of nothing.
    static var none: Cells { Cells(base: nil, count: 0) }

    /// Describes `count` records at `base`.
    fileprivate init(base: UnsafeMutablePointer<Record>?, count: Int) {
        self.base = base
        #if DEBUG
            self.count = count
        #endif
    }

    /// The record at `index`, in place.
    @inline(__always)
    package subscript(index: Int) -> Record {
        unsafeAddress {
            check(index)
            return UnsafePointer(base.unsafelyUnwrapped + index)
        }
        nonmutating unsafeMutableAddress {
            check(index)
            return base.unsafelyUnwrapped + index
        }
    }

    /// The record at `index`, in place: slots are 32 bits wide everywhere.
    @inline(__always)
    package subscript(slot: UInt32) -> Record {
        unsafeAddress {
            check(Int(slot))
            return UnsafePointer(base.unsafelyUnwrapped + Int(slot))
        }
        nonmutating unsafeMutableAddress {
            check(Int(slot))
            return base.unsafelyUnwrapped + Int(slot)
        }
    }

    /// The record's memory, for the slab's own subscript.
    @inline(__always)
    fileprivate func pointer(_ index: Int) -> UnsafeMutablePointer<Record> {
        check(index)
        return base.unsafelyUnwrapped + index
    }

    /// A lasting way to the record at `index`: valid until the run is freed or grows.
    @inline(__always)
    package func place(_ index: Int) -> Place<Record> {
        check(index)
        return Place(pointer: base.unsafelyUnwrapped + index)
    }

    /// Where the record at `index` lies or would lie, for a prefetch: an address never read, whatever the index.
    @inline(__always)
    package func address(_ index: Int) -> UnsafeRawPointer? {
        let offset = UInt(bitPattern: index) &* UInt(MemoryLayout<Record>.stride)
        return UnsafeRawPointer(bitPattern: UInt(bitPattern: base) &+ offset)
    }

    /// Moves `count` records from `source` to `target` in the same run; the ranges may overlap.
    func move(from source: Int, to target: Int, count: Int) {
        guard count > 0 else { return }
        check(source + count - 1)
        check(target + count - 1)
        (base.unsafelyUnwrapped + target).update(from: base.unsafelyUnwrapped + source, count: count)
    }

    /// Copies `count` records from the start of another run at `source` to this one's `target`.
    func copy(from other: Cells, at source: Int, to target: Int, count: Int) {
        guard count > 0 else { return }
        other.check(source + count - 1)
        check(target + count - 1)
        (base.unsafelyUnwrapped + target).update(from: other.base.unsafelyUnwrapped + source, count: count)
    }

    /// The memory itself, for the two owners.
    fileprivate var raw: UnsafeMutableRawPointer? { UnsafeMutableRawPointer(base) }

    @inline(__always)
    private func check(_ index: Int) {
        #if DEBUG
            precondition(index >= 0 && index < count, "index outside its run")
        #endif
    }
}

/// One record in place.
package struct Place<Record: BitwiseCopyable>: BitwiseCopyable {
    private let pointer: UnsafeMutablePointer<Record>

    @inline(__always)
    fileprivate init(pointer: UnsafeMutablePointer<Record>) {
        self.pointer = pointer
    }

    /// The record.
    @inline(__always)
    package var record: Record {
        unsafeAddress { UnsafePointer(pointer) }
        nonmutating unsafeMutableAddress { pointer }
    }

    /// Where it lies, for a prefetch.
    @inline(__always)
    package var address: UnsafeRawPointer { UnsafeRawPointer(pointer) }
}

/// Address space that will be written next.
///
/// Memory straight from the system comes when a page is first written, and a large page must be cleared whole: 0.1 ms, on a virtual machine
/// whose host has to find it some ms. Another thread can have that done before.
package struct MemoryAhead: Sendable, Equatable, BitwiseCopyable {
    /// The first address; at a large page's begin.
    package let start: UInt
    package let bytes: Int

    /// Has the system make memory of it; contents stay what they are. On any thread, also where the address space was given back meanwhile: what
    /// is not there does nothing, and whoever got the addresses since has memory there sooner. Without effect on systems that cannot do
    /// this (Linux before 5.14).
    ///
    /// - Returns: whether all of it is memory now.
    @discardableResult
    package func populate() -> Bool {
        #if os(Linux)
            // MADV_POPULATE_WRITE, which the C library's headers may not name yet.
            return madvise(UnsafeMutableRawPointer(bitPattern: start), bytes, 23) == 0
        #else
            return false
        #endif
    }
}

/// One long array of records that never moves while it stays below its reservation.
///
/// The reservation is address space only: pages become memory when they are first written, so growing by one record never copies
/// the others. Only beyond the reservation does it double by copying.
package struct Slab<Record: BitwiseCopyable>: ~Copyable {
    /// The records. Runs taken from here are valid until `append` grows beyond the reservation.
    package private(set) var cells: Cells<Record>
    /// How many records are in use.
    package private(set) var count = 0
    private var capacity: Int

    /// Reserves address space for `capacity` records, or as much of it as the system grants.
    package init(reserving capacity: Int) {
        var granted = capacity
        while true {
            if let memory = MappedMemory.map(bytes: granted * MemoryLayout<Record>.stride) {
                self.capacity = granted
                cells = Cells(base: memory.bindMemory(to: Record.self, capacity: granted), count: granted)
                return
            }
            precondition(granted > 64, "out of memory")
            granted /= 2
        }
    }

    deinit {
        if let memory = cells.raw { MappedMemory.unmap(memory, bytes: capacity * MemoryLayout<Record>.stride) }
    }

    /// The record at `index`, in place.
    ///
    /// - Precondition: `index` is in `0..<count`; checked in debug builds only, like `Cells`.
    @inline(__always)
    package subscript(index: Int) -> Record {
        unsafeAddress { UnsafePointer(cells.pointer(index)) }
        unsafeMutableAddress { cells.pointer(index) }
    }

    /// Adds a record. Complexity: as `append()`.
    package mutating func append(_ record: Record) {
        let index = append()
        cells[index] = record
    }

    /// Takes one more record, zero-filled, and returns its index.
    ///
    /// - Complexity: O(1); beyond the reservation O(`count`), amortised O(1).
    @discardableResult
    package mutating func append() -> UInt32 {
        if count == capacity { double() }
        count += 1
        return UInt32(count - 1)
    }

    /// The two large pages behind those with records, as far as they are reserved; nil while the records fill less than one.
    package var ahead: MemoryAhead? {
        let stride = MemoryLayout<Record>.stride
        guard count * stride >= MappedMemory.largePage, let start = cells.raw else { return nil }
        let page = MappedMemory.largePage
        let next = (count * stride + page - 1) / page * page
        let end = min(next + 2 * page, capacity * stride)
        return next < end ? MemoryAhead(start: UInt(bitPattern: start) + UInt(next), bytes: end - next) : nil
    }

    private mutating func double() {
        precondition(capacity <= Int(UInt32.max) / 2, "the pool is full")
        let stride = MemoryLayout<Record>.stride
        guard let memory = MappedMemory.map(bytes: 2 * capacity * stride), let old = cells.raw else {
            preconditionFailure("out of memory")
        }
        memory.copyMemory(from: old, byteCount: capacity * stride)
        MappedMemory.unmap(old, bytes: capacity * stride)
        capacity *= 2
        cells = Cells(base: memory.bindMemory(to: Record.self, capacity: capacity), count: capacity)
    }
}

/// Zero-filled runs in powers of two, recycled by size.
///
/// A run that comes back is kept for the next request of its size, so a market in steady state allocates nothing. What is kept never
/// exceeds what is in use (or 256 KiB a size): the rest goes back to the system.
struct MemoryPool: ~Copyable {
    /// The runs of one size.
    private struct SizeClass {
        /// The first kept run; each leads to the next through its first word.
        var kept: UnsafeMutableRawPointer?
        var keptBytes = 0
        var usedBytes = 0
    }

    // Behind a pointer, so that the pool's owners stay small enough to pass around.
    private let classes = UnsafeMutablePointer<SizeClass>.allocate(capacity: classCount)
    /// How often memory was asked of the system: what the tests count.
    private(set) var systemAllocations = 0

    /// Sizes up to 2⁴⁷ bytes.
    private static var classCount: Int { 48 }
    /// The least a size keeps.
    private static var keptAtLeast: Int { 256 << 10 }
    /// From this size on a run is a mapping of its own, made and given back at once.
    private static var mappedFrom: Int { 1 << 20 }

    /// An empty pool.
    init() {
        classes.initialize(repeating: SizeClass(), count: Self.classCount)
    }

    deinit {
        for index in 0..<Self.classCount {
            var next = classes[index].kept
            while let run = next {
                next = run.load(as: UnsafeMutableRawPointer?.self)
                free(run)
            }
        }
        classes.deallocate()
    }

    /// Bytes in use and kept.
    var bytes: Int {
        var sum = 0
        for index in 0..<Self.classCount { sum += classes[index].keptBytes + classes[index].usedBytes }
        return sum
    }

    /// A zero-filled run of `count` records.
    ///
    /// - Complexity: O(size) to fill a small run, O(1) system calls for a large one.
    mutating func allocate<Record: BitwiseCopyable>(_: Record.Type, count: Int) -> Cells<Record> {
        let (index, bytes) = Self.sizeClass(count * MemoryLayout<Record>.stride)
        classes[index].usedBytes += bytes
        let memory: UnsafeMutableRawPointer
        if bytes >= Self.mappedFrom {
            systemAllocations += 1
            guard let mapped = MappedMemory.map(bytes: bytes) else { preconditionFailure("out of memory") }
            memory = mapped
        } else {
            if let kept = classes[index].kept {
                classes[index].kept = kept.load(as: UnsafeMutableRawPointer?.self)
                classes[index].keptBytes -= bytes
                memory = kept
            } else {
                systemAllocations += 1
                var fresh: UnsafeMutableRawPointer?
                guard posix_memalign(&fresh, 64, bytes) == 0, let fresh else { preconditionFailure("out of memory") }
                memory = fresh
            }
            memset(memory, 0, bytes)
        }
        return Cells(base: memory.bindMemory(to: Record.self, capacity: count), count: count)
    }

    /// Takes back a run that `allocate` gave for the same `count`. Nobody may use it any more.
    mutating func release<Record: BitwiseCopyable>(_ cells: Cells<Record>, count: Int) {
        guard let memory = cells.raw else { return }
        let (index, bytes) = Self.sizeClass(count * MemoryLayout<Record>.stride)
        classes[index].usedBytes -= bytes
        if bytes >= Self.mappedFrom {
            MappedMemory.unmap(memory, bytes: bytes)
            return
        }
        memory.storeBytes(of: classes[index].kept, as: UnsafeMutableRawPointer?.self)
        classes[index].kept = memory
        classes[index].keptBytes += bytes
        // Two at most: the pool follows a falling market down without one release paying for all.
        for _ in 0..<2 {
            guard classes[index].keptBytes > max(Self.keptAtLeast, classes[index].usedBytes), let surplus = classes[index].kept
            else { return }
            classes[index].kept = surplus.load(as: UnsafeMutableRawPointer?.self)
            classes[index].keptBytes -= bytes
            free(surplus)
        }
    }

    /// Gives a run straight back to the system: for owners that end.
    static func discard<Record: BitwiseCopyable>(_ cells: Cells<Record>, count: Int) {
        guard let memory = cells.raw else { return }
        let bytes = sizeClass(count * MemoryLayout<Record>.stride).bytes
        if bytes >= mappedFrom { MappedMemory.unmap(memory, bytes: bytes) } else { free(memory) }
    }

    /// The class and the bytes of a run for `bytes`: the next power of two, a cache line at least.
    private static func sizeClass(_ bytes: Int) -> (index: Int, bytes: Int) {
        let index = Int.bitWidth - (max(bytes, 64) - 1).leadingZeroBitCount
        return (index, 1 << index)
    }
}

/// Zero-filled memory straight from the system, lent page by page as it is written.
private enum MappedMemory {
    /// Two mebibytes: the size of a large page.
    static var largePage: Int { 2 << 20 }

    /// Maps `bytes`, aligned to a large page where that is worth it; nil when the system refuses.
    static func map(bytes: Int) -> UnsafeMutableRawPointer? {
        let slack = bytes >= largePage ? largePage : 0
        var flags = MAP_PRIVATE | MAP_ANONYMOUS
        #if os(Linux)
            flags |= Int32(MAP_NORESERVE)
        #endif
        guard let start = mmap(nil, bytes + slack, PROT_READ | PROT_WRITE, flags, -1, 0), start != MAP_FAILED else { return nil }
        guard slack > 0 else { return start }
        let lead = (largePage - Int(bitPattern: start) & (largePage - 1)) & (largePage - 1)
        if lead > 0 { munmap(start, lead) }
        let memory = start + lead
        let tail = slack - lead
        if tail > 0 { munmap(memory + bytes, tail) }
        #if os(Linux)
            // Fewer address translations to miss; a refusal changes nothing but speed.
            _ = madvise(memory, bytes, MADV_HUGEPAGE)
        #endif
        return memory
    }

    /// Gives back what `map` gave for the same `bytes`.
    static func unmap(_ memory: UnsafeMutableRawPointer, bytes: Int) {
        munmap(memory, bytes)
    }
}
