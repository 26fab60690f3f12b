public import OCI

extension BaseImageDefinition {
    /// What containers of the image start with, as far as it is made here; nil where a registry has the image, and knows.
    public func execution() throws -> ImageConfiguration.Execution? {
        guard case .debian = source else { return nil }
        var execution = try ImageConfiguration.Execution().applying(configuration)
        execution.cmd = python == nil ? ["/bin/sh"] : ["python3"]
        return execution
    }
}
