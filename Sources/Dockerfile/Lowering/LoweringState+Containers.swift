import OCI
import Spec

// What Dockerfiles alone say about containers: VOLUME, STOPSIGNAL, HEALTHCHECK.

extension LoweringState {
    mutating func setVolumes(_ words: [String], in located: LocatedInstruction) throws(DockerfileError) {
        for word in words {
            let path = try expand(word, in: located)
            guard !path.isEmpty else {
                throw dockerfile.failure(.invalidSyntax, "the volume '\(word)' is empty here", in: located, at: word)
            }
            if !further.volumes.contains(path) { further.volumes.append(path) }
        }
        remark(located, "VOLUME \(words.joined(separator: " "))", "configuration")
    }

    func signal(_ text: String, in located: LocatedInstruction) throws(DockerfileError) -> String {
        let signal = try expand(text, in: located)
        let isName =
            !signal.isEmpty
            && signal.utf8.allSatisfy { byte in
                let scalar = Unicode.Scalar(byte)
                return scalar.isASCII
                    && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)
                        || "+-".unicodeScalars.contains(scalar))
            }
        guard isName else {
            throw dockerfile.failure(
                .invalidSyntax, "'\(signal)' is not a signal", in: located, at: text,
                hints: ["write its number or its name, SIGTERM"])
        }
        return signal
    }

    func healthcheck(
        _ instruction: HealthcheckInstruction, in located: LocatedInstruction
    ) throws(DockerfileError) -> ImageConfiguration.Healthcheck {
        var check = ImageConfiguration.Healthcheck()
        guard case .command(let form, let options) = instruction else {
            check.test = ["NONE"]
            return check
        }
        switch form {
        case .exec(let words): check.test = ["CMD"] + words
        case .shell(let text): check.test = ["CMD-SHELL", text]
        }
        check.interval = try duration("interval", options, in: located)
        check.timeout = try duration("timeout", options, in: located)
        check.startPeriod = try duration("start-period", options, in: located)
        check.startInterval = try duration("start-interval", options, in: located)
        if let text = options["retries"], !text.isEmpty {
            guard let retries = Int(text), retries >= 0 else {
                throw dockerfile.failure(
                    .invalidSyntax, "'\(text)' is not a number of retries", in: located, at: "--retries")
            }
            check.retries = retries == 0 ? nil : retries
        }
        return check
    }

    /// `1m30s` as nanoseconds; nil for none. Docker knows no time below a millisecond.
    private func duration(
        _ name: String, _ options: [String: String], in located: LocatedInstruction
    ) throws(DockerfileError) -> Int64? {
        guard let text = options[name], !text.isEmpty else { return nil }
        guard let nanoseconds = Self.nanoseconds(text), nanoseconds == 0 || nanoseconds >= 1_000_000 else {
            throw dockerfile.failure(
                .invalidSyntax, "'\(text)' is not a time of a millisecond or more", in: located, at: "--\(name)",
                hints: ["write it as 30s, 1m30s or 500ms"])
        }
        return nanoseconds == 0 ? nil : nanoseconds
    }

    /// A duration as Go has it: numbers, each with its unit.
    private static func nanoseconds(_ text: String) -> Int64? {
        let units = ["ns": 1.0, "us": 1e3, "µs": 1e3, "ms": 1e6, "s": 1e9, "m": 60e9, "h": 3600e9]
        if text == "0" { return 0 }
        var rest = Substring(text)
        var sum = 0.0
        while !rest.isEmpty {
            let number = rest.prefix { $0 == "." || ("0"..."9").contains($0) }
            rest = rest.dropFirst(number.count)
            let unit = rest.prefix { $0 != "." && !("0"..."9").contains($0) }
            rest = rest.dropFirst(unit.count)
            guard let value = Double(number), let factor = units[String(unit)] else { return nil }
            sum += value * factor
        }
        return sum < 9e18 ? Int64(sum.rounded()) : nil
    }
}
