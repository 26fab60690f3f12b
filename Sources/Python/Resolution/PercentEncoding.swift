/// Percent-encoding of URLs (RFC 3986), as much as paths of files need.

/// Undoes `%41`; what is no such triple stays.
func removingPercentEncoding(_ text: some StringProtocol) -> String {
    let bytes = Array(text.utf8)
    var result: [UInt8] = []
    var position = 0
    while position < bytes.count {
        if bytes[position] == UInt8(ascii: "%"), position + 2 < bytes.count,
            let byte = UInt8(String(decoding: bytes[(position + 1)...(position + 2)], as: UTF8.self), radix: 16)
        {
            result.append(byte)
            position += 3
        } else {
            result.append(bytes[position])
            position += 1
        }
    }
    return String(decoding: result, as: UTF8.self)
}

/// A path as a URL has it.
func addingPercentEncoding(_ path: String) -> String { encoded(path, keeping: "-._~/+!") }

/// A user's name or password as a URL has it.
func addingUserInformationEncoding(_ text: String) -> String { encoded(text, keeping: "-._~") }

private func encoded(_ text: String, keeping: String) -> String {
    var result = ""
    for byte in text.utf8 {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            result.unicodeScalars.append(Unicode.Scalar(byte))
        case _ where keeping.utf8.contains(byte): result.unicodeScalars.append(Unicode.Scalar(byte))
        default:
            let digits = String(byte, radix: 16, uppercase: true)
            result += digits.utf8.count == 1 ? "%0\(digits)" : "%\(digits)"
        }
    }
    return result
}
