/// Colours and weights of a terminal, or none.
public struct Palette: Sendable, Hashable {
    /// Whether the text goes to a terminal that wants colours.
    public var isColoured: Bool

    /// Chooses.
    public init(isColoured: Bool) { self.isColoured = isColoured }

    /// Text as it is.
    public static let plain = Palette(isColoured: false)

    /// The weights that we use (ECMA-48, SGR).
    enum Style: Int {
        case bold = 1
        case dim = 2
        case red = 31
        case green = 32
        case yellow = 33
        case cyan = 36
    }

    func callAsFunction(_ style: Style, _ text: String) -> String {
        isColoured ? "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m" : text
    }
}

/// Text from elsewhere (a registry's message, a file's name) that cannot steer the terminal: control characters are
/// shown as `�`, but for line feeds and tabs.
func printable(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: isControl) else { return text }
    return String(String.UnicodeScalarView(text.unicodeScalars.map { isControl($0) ? "\u{FFFD}" : $0 }))
}

private func isControl(_ scalar: Unicode.Scalar) -> Bool {
    scalar != "\n" && scalar != "\t" && scalar.properties.generalCategory == .control
}
