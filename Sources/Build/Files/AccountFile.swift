/// A file of accounts (`/etc/passwd`, `/etc/group` and their like): a line each, fields with colons between them.
struct AccountFile {
    /// The lines' fields, in order.
    private(set) var lines: [[String]]

    init(_ text: String) {
        lines = text.split(separator: "\n").map { line in
            line.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        }
    }

    /// The file's text.
    var text: String { lines.map { $0.joined(separator: ":") + "\n" }.joined() }

    /// The line of a name.
    func line(_ name: String) -> [String]? { lines.first { $0.first == name } }

    /// The line whose third field is a number.
    func line(numbered number: UInt32) -> [String]? { lines.first { $0.count > 2 && UInt32($0[2]) == number } }

    /// All numbers, of users or groups.
    var numbers: Set<UInt32> { Set(lines.compactMap { $0.count > 2 ? UInt32($0[2]) : nil }) }

    mutating func append(_ fields: [String]) { lines.append(fields) }

    /// Adds a member to the list in the last field of a line.
    mutating func add(member: String, to name: String) {
        guard let place = lines.firstIndex(where: { $0.first == name }), let last = lines[place].last else { return }
        var members = last.split(separator: ",").map(String.init)
        guard !members.contains(member) else { return }
        members.append(member)
        lines[place][lines[place].count - 1] = members.joined(separator: ",")
    }

    /// The next free number as `useradd` finds it: above the highest that is taken, of the system below the lowest.
    func nextNumber(in range: ClosedRange<UInt32>, isSystem: Bool, besides others: Set<UInt32> = []) -> UInt32? {
        let taken = numbers.union(others)
        let inRange = taken.filter(range.contains)
        if isSystem {
            if let lowest = inRange.min(), lowest > range.lowerBound { return lowest - 1 }
            return range.reversed().first { !taken.contains($0) }
        }
        guard let highest = inRange.max() else { return range.lowerBound }
        if highest < range.upperBound { return highest + 1 }
        return range.first { !taken.contains($0) }
    }
}
