/// Bytes for people: `18.2 MB`, in powers of 1000, three figures.
public func formatted(bytes: Int64) -> String {
    let units = ["B", "kB", "MB", "GB", "TB", "PB", "EB"]
    var value = Double(bytes)
    var unit = 0
    // 999.5 kB would be shown as 1000 kB.
    while value >= (unit == 0 ? 1000 : 999.5), unit < units.count - 1 {
        value /= 1000
        unit += 1
    }
    if unit == 0 || value >= 99.95 { return "\(Int64(value.rounded())) \(units[unit])" }
    return "\(decimal(value, places: value < 9.995 ? 2 : 1)) \(units[unit])"
}

/// Seconds for people: `0.41 s`, `12.3 s`, `2 min 05 s`.
public func formatted(seconds: Double) -> String {
    if seconds < 9.995 { return "\(decimal(max(0, seconds), places: 2)) s" }
    if seconds < 59.95 { return "\(decimal(seconds, places: 1)) s" }
    let whole = Int(seconds.rounded())
    let rest = whole % 60
    return "\(whole / 60) min \(rest < 10 ? "0" : "")\(rest) s"
}

/// A number that is not negative, with so many places after the point.
private func decimal(_ value: Double, places: Int) -> String {
    let scale = places == 1 ? 10 : 100
    let scaled = Int((value * Double(scale)).rounded())
    let fraction = String(scaled % scale)
    return "\(scaled / scale).\(String(repeating: "0", count: places - fraction.count))\(fraction)"
}

/// `1 layer`, `2 layers`.
func counted(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }
