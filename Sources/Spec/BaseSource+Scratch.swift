public import OCI

extension BaseSource {
    /// What a container of the empty image starts with, as BuildKit has it.
    public static let scratchConfiguration: ImageConfiguration.Execution = {
        var execution = ImageConfiguration.Execution()
        execution.env = ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]
        execution.workingDir = "/"
        return execution
    }()
}
