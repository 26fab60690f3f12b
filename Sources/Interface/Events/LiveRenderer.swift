import OCI
public import Spec

/// Progress on a terminal: what is finished stays as a line; below it, what is under way is drawn anew in its place,
/// with bytes, rate and a bar.
public struct LiveRenderer: EventRenderer {
    private struct Piece {
        var progress: BuildProgress
        /// When it was first seen, and how far it was then.
        let start: (time: Double, done: Int64)
    }

    private struct Running {
        let phase: BuildPhase
        let start: Double
    }

    private let palette: Palette
    private var pieces: [Piece] = []
    private var running: [Running] = []
    /// How many lines of the moving part stand on the terminal.
    private var drawn = 0

    /// Makes one.
    public init(palette: Palette) { self.palette = palette }

    /// The lines that stay; the moving part follows with the next frame.
    public mutating func render(_ event: BuildEvent, at time: Double) -> String {
        switch event {
        case .phaseStarted(let phase):
            running.append(Running(phase: phase, start: time))
            return ""
        case .phaseEnded(let phase, _):
            if let index = running.lastIndex(where: { $0.phase == phase }) { running.remove(at: index) }
            return ""
        case .progress(let progress):
            follow(progress, at: time)
            return ""
        case .warning, .notice: return erase() + event.remark(palette)
        case .layer(let outcome):
            pieces.removeAll { $0.progress.subject == outcome.title }
            return erase() + outcome.line(palette) + "\n"
        }
    }

    /// The moving part, over the one that stands there.
    public mutating func frame(at time: Double, size: Console.Size) -> String {
        var lines: [String] = []
        if let current = running.last {
            let elapsed = formatted(seconds: time - current.start)
            lines.append(
                shortened("\(spinner(at: time)) \(current.phase.description) \(elapsed)", to: size.columns - 1))
        }
        let room = max(1, size.rows - 3)
        for piece in pieces.prefix(pieces.count > room ? room - 1 : room) {
            lines.append(line(of: piece, at: time, width: size.columns - 1))
        }
        if pieces.count > room { lines.append("  and \(pieces.count - room + 1) more") }
        let text = erase() + lines.map { "\($0)\n" }.joined()
        drawn = lines.count
        return text
    }

    /// Takes the moving part away.
    public mutating func close() -> String { erase() }

    private mutating func erase() -> String {
        defer { drawn = 0 }
        // ECMA-48: CPL, up to the start of a line above; ED, erase to the end of the screen.
        return drawn == 0 ? "" : "\u{1B}[\(drawn)F\u{1B}[J"
    }

    private mutating func follow(_ progress: BuildProgress, at time: Double) {
        let index = pieces.firstIndex {
            $0.progress.subject == progress.subject && $0.progress.activity == progress.activity
        }
        switch (index, progress.isFinished) {
        case (let index?, true): pieces.remove(at: index)
        case (let index?, false): pieces[index].progress = progress
        case (nil, true): break
        case (nil, false): pieces.append(Piece(progress: progress, start: (time, progress.done)))
        }
    }

    private func spinner(at time: Double) -> String {
        let shapes = ["|", "/", "-", "\\"]
        return shapes[Int(max(0, time) * 8) % shapes.count]
    }

    private func line(of piece: Piece, at time: Double, width: Int) -> String {
        let progress = piece.progress
        var amount = formatted(bytes: progress.done)
        if let total = progress.total, total > 0 { amount += " of \(formatted(bytes: total))" }
        let elapsed = time - piece.start.time
        if elapsed >= 0.5 {
            amount += ", \(formatted(bytes: Int64(Double(progress.done - piece.start.done) / elapsed)))/s"
        }
        let bar = bar(progress, cells: width >= 72 ? 16 : 0)
        let room = width - amount.count - bar.count - 16
        let subject = shortened(printable(progress.subject).replacing("\n", with: " "), to: max(8, room))
        let blanks = String(repeating: " ", count: max(0, room - subject.count))
        let activity = progress.activity.rawValue
        // "downloading" is the longest, so that the subjects stand below each other.
        let indent = String(repeating: " ", count: max(0, 11 - activity.count))
        return shortened("  \(activity)\(indent) \(subject)\(blanks) \(bar) \(amount)", to: width)
    }

    private func bar(_ progress: BuildProgress, cells: Int) -> String {
        guard cells > 0, let total = progress.total, total > 0 else { return "" }
        let full = Int(Double(cells) * min(1, Double(max(0, progress.done)) / Double(total)))
        return "[" + String(repeating: "#", count: full) + String(repeating: "-", count: cells - full) + "]"
    }
}
