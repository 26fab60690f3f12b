import ArgumentParser
import Diagnostics
import FoundationEssentials
import Interface

/// One run of the command line, from the arguments to the exit code.
enum Program {
    /// What an invalid command line ends with, where argument-parser has 64.
    private static let usageExitCode: Int32 = 2

    static func run(_ arguments: [String]) async -> Int32 {
        do {
            let command = try Cooperage.parseAsRoot(arguments)
            guard let verb = command as? any LastingCommand else {
                var command = command
                try command.run()
                return 0
            }
            return await run(verb)
        } catch {
            return report(error, progress: nil)
        }
    }

    /// Runs a verb that can be interrupted.
    private static func run(_ verb: any LastingCommand) async -> Int32 {
        let progress = verb.progressMode
        let task = Task { try await verb.execute() }
        let interruption = Interruption { task.cancel() }
        switch (await task.result, interruption.signal) {
        case (.success, _): return 0
        case (.failure, let signal?):
            _ = report(CancellationError(), progress: progress)
            // What a shell reports of a program that ends by a signal: 130 for Ctrl-C.
            return 128 + signal
        case (.failure(let error), nil): return report(error, progress: progress)
        }
    }

    /// Tells what went wrong, or prints the help that was asked for.
    private static func report(_ error: any Error, progress: ProgressMode?) -> Int32 {
        // What there was to say has been said.
        if let code = error as? ExitCode { return code.rawValue }
        if !(error is any Diagnostic), !(error is CancellationError) {
            let exitCode = Cooperage.exitCode(for: error)
            let text = Cooperage.fullMessage(for: error)
            if exitCode.isSuccess {
                do throws(InterfaceError) {
                    try Console.writeOutput(text.hasSuffix("\n") ? text : text + "\n")
                    return 0
                } catch {
                    return report(error, progress: progress)
                }
            }
            if exitCode == .validationFailure {
                // Our own errors start in lower case.
                let message = text.hasPrefix("Error: ") ? "error: " + text.dropFirst("Error: ".count) : text
                Console.writeError(message + "\n")
                return usageExitCode
            }
        }
        let report = ErrorReport(error)
        let palette = Console.errorPalette(ProcessInfo.processInfo.environment)
        Console.writeError(progress == .json ? report.json() : report.text(palette))
        return report.exitCode
    }
}

/// A verb that works for a while, and stops when it is interrupted.
protocol LastingCommand: ParsableCommand, Sendable {
    /// How progress is shown, and an error.
    var progressMode: ProgressMode { get }
    /// Does the work.
    func execute() async throws
}

/// A verb that shows progress while it works.
protocol Verb: LastingCommand {
    /// How progress is shown.
    var progress: ProgressOptions { get }
}

extension Verb {
    var progressMode: ProgressMode { progress.mode }
}
