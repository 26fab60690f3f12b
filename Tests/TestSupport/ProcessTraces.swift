import Content
public import SystemPackage

/// The number of a process that writes it into a file as it starts.
public func processID(in file: FilePath) async throws -> Int32 {
    @Sendable func number() -> Int32? {
        (try? FileSystem.read(file)).flatMap { Int32(String(decoding: $0, as: UTF8.self).filter(\.isNumber)) }
    }
    try await eventually("a process writes its number to \(file)") { number() != nil }
    guard let number = number() else { throw NeverHappened("\(file) keeps its number") }
    return number
}

/// Waits for the end of a process that was told to end.
public func expectEnd(of process: Int32) async throws {
    // What has ended has no memory any more, also while nobody has asked for its end.
    let memory = FilePath("/proc/\(process)/statm")
    try await eventually(within: .seconds(2), "process \(process) ends") {
        !((try? FileSystem.read(memory)) ?? []).contains { $0 > UInt8(ascii: "0") }
    }
}
