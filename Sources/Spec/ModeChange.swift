/// What `chmod` is told: an octal mode, or clauses such as `u+rwX,go-w` (POSIX, chmod).
public struct ModeChange: Sendable, Hashable {
    private struct Clause: Sendable, Hashable {
        /// The bits of owner, group and others that are meant; with none named all but those that the umask holds back.
        var who: UInt32
        var isForAll: Bool
        var action: Character
        var permissions: String
    }

    private var octal: UInt32?
    private var clauses: [Clause] = []

    /// Reads a mode; nil where it is none.
    public init?(_ text: String) {
        guard !text.isEmpty else { return nil }
        if text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "7")).contains($0) }) {
            guard let value = UInt32(text, radix: 8), value <= 0o7777 else { return nil }
            octal = value
            return
        }
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let names = part.prefix { "ugoa".contains($0) }
            var rest = part.dropFirst(names.count)
            guard !rest.isEmpty else { return nil }
            let who = names.reduce(into: UInt32(0)) { bits, name in bits |= Self.bits(of: name) }
            while let action = rest.popFirst() {
                guard "+-=".contains(action) else { return nil }
                let permissions = String(rest.prefix { !"+-=".contains($0) })
                rest = rest.dropFirst(permissions.count)
                let isCopy = permissions.count == 1 && "ugo".contains(permissions)
                guard isCopy || permissions.allSatisfy({ "rwxXst".contains($0) }) else { return nil }
                clauses.append(
                    Clause(
                        who: names.isEmpty ? 0o7777 : who, isForAll: names.isEmpty, action: action,
                        permissions: permissions))
            }
        }
    }

    private static func bits(of name: Character) -> UInt32 {
        switch name {
        case "u": 0o4700
        case "g": 0o2070
        case "o": 0o1007
        default: 0o7777
        }
    }

    /// The mode that comes of another one.
    /// - Parameters:
    ///   - mode: the permission bits before.
    ///   - umask: what a clause without `u`, `g`, `o` and `a` leaves alone.
    public func applied(to mode: UInt32, isDirectory: Bool, umask: UInt32 = 0o022) -> UInt32 {
        if let octal { return octal }
        return clauses.reduce(mode) { mode, clause in
            Self.apply(clause, to: mode, isDirectory: isDirectory, umask: umask)
        }
    }

    private static func apply(_ clause: Clause, to mode: UInt32, isDirectory: Bool, umask: UInt32) -> UInt32 {
        var bits: UInt32 = 0
        for permission in clause.permissions {
            switch permission {
            case "r": bits |= 0o444
            case "w": bits |= 0o222
            case "x": bits |= 0o111
            case "X": if isDirectory || mode & 0o111 != 0 { bits |= 0o111 }
            case "s": bits |= 0o6000
            case "t": bits |= 0o1000
            case "u": bits |= (mode >> 6 & 7) * 0o111
            case "g": bits |= (mode >> 3 & 7) * 0o111
            default: bits |= (mode & 7) * 0o111
            }
        }
        bits &= clause.isForAll ? clause.who & ~umask : clause.who
        switch clause.action {
        case "+": return mode | bits
        case "-": return mode & ~bits
        default:
            // A directory keeps what sets its group, unless that is spoken of.
            let kept = isDirectory ? mode & 0o6000 : 0
            return mode & ~(clause.who & 0o1777) & ~(clause.who & 0o6000) | bits | kept
        }
    }
}
