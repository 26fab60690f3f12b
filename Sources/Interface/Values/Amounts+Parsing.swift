/// The bytes that a size means: `10GB` in powers of 1000, `512MiB` in powers of 1024, or a plain number; nil for anything
/// else. A bare `10G` is refused, since it means either to somebody.
public func parsed(bytes text: String) -> Int64? {
    let units: [String: Double] = [
        "": 1, "b": 1, "kb": 1e3, "mb": 1e6, "gb": 1e9, "tb": 1e12, "kib": 1024, "mib": 1_048_576,
        "gib": 1_073_741_824, "tib": 1_099_511_627_776,
    ]
    let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
    let unit = text[digits.endIndex...].drop { $0 == " " }
    guard let number = number(digits), let factor = units[unit.lowercased()] else { return nil }
    let bytes = (number * factor).rounded()
    guard bytes < 9e18, !unit.isEmpty || !digits.contains(".") else { return nil }
    return Int64(bytes)
}

/// The time that a text means: `30s`, `15m`, `1h30m`, `24h`, `7d`, `2w`, `500ms`, or a plain number of seconds; nil for
/// anything else.
public func parsed(duration text: String) -> Duration? {
    if let seconds = Int64(text), text.first != "+", seconds >= 0, seconds < 1 << 40 { return .seconds(seconds) }
    let units: [String: Duration] = [
        "ms": .milliseconds(1), "s": .seconds(1), "m": .seconds(60), "h": .seconds(3600), "d": .seconds(86_400),
        "w": .seconds(604_800),
    ]
    var rest = text[...]
    var sum = Duration.zero
    guard !rest.isEmpty else { return nil }
    while !rest.isEmpty {
        let digits = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        let unit = rest[digits.endIndex...].prefix { $0.isLetter }
        guard let number = number(digits), number < 1e9, let length = units[String(unit)] else { return nil }
        // Whole numbers stay exact.
        sum += Int(digits).map { length * $0 } ?? length * number
        rest = rest[unit.endIndex...]
    }
    return sum
}

/// Digits with at most one point among them.
private func number(_ digits: Substring) -> Double? {
    guard digits.first != ".", digits.last != ".", digits.utf8.count <= 18 else { return nil }
    return Double(digits)
}
