import FoundationEssentials

/// A point in time in whole seconds, so that two machines write it alike.
public struct Timestamp: Sendable, Hashable, Codable {
    /// Seconds since 1970-01-01T00:00:00Z.
    public let seconds: Int64

    /// Takes seconds since 1970.
    public init(seconds: Int64) { self.seconds = seconds }

    /// 1980-01-02T00:00:00Z: what files carry unless SOURCE_DATE_EPOCH says otherwise. Earlier times break whoever
    /// zips the files, since ZIP starts at 1980 in local time.
    public static let reproducible = Timestamp(seconds: 315_619_200)

    /// RFC 3339, in UTC.
    public var rfc3339: String {
        Date(timeIntervalSince1970: TimeInterval(seconds)).formatted(.iso8601)
    }

    /// Reads a bare number.
    public init(from decoder: any Decoder) throws {
        seconds = try decoder.singleValueContainer().decode(Int64.self)
    }

    /// Writes a bare number.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(seconds)
    }
}
