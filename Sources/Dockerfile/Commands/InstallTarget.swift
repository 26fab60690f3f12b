/// Which environment a command installs into, as it says itself; what the variables say comes on top.
enum InstallTarget: Equatable {
    /// The one of the program that is called: a name that is looked up on the PATH, or a path.
    case program(String)
    /// The one that uv finds: `VIRTUAL_ENV`, a `.venv` near by, or with `--system` none of these.
    case uv(isSystem: Bool)
    /// The one that uv is given by its path, or by its interpreter's.
    case python(String)
    /// The home of the user.
    case user(program: String)
}
