/// Where a Python step puts its packages, if not where the Python looks that a command of the base would get.
public enum PythonPlace: Sendable, Hashable, Codable {
    /// The environment that the base has at an absolute path: a virtual one, or an interpreter's own prefix.
    case prefix(String)
    /// A virtual environment that the step makes.
    case virtual(VirtualEnvironment)
    /// The packages of one user (`pip install --user`), below an absolute path such as `/root/.local`.
    case user(String)
}

extension PythonPlace {
    /// The absolute path of the environment.
    public var path: String {
        switch self {
        case .prefix(let path), .user(let path): path
        case .virtual(let environment): environment.path
        }
    }
}

/// A virtual environment (PEP 405) to be made with the base's Python.
public struct VirtualEnvironment: Sendable, Hashable, Codable {
    /// What programs make, each a little differently.
    public enum Maker: String, Sendable, Hashable, Codable {
        /// `python -m venv`
        case venv
        /// `uv venv`
        case uv
        /// `virtualenv`
        case virtualenv
    }

    /// Where, absolute.
    public var path: String
    /// As whose work it looks.
    public var maker: Maker
    /// The interpreter that it is made with: a name on the base's PATH, or an absolute path; nil takes the base's own.
    public var program: String?
    /// The version that the interpreter has to be of, `3.11`; nil takes any.
    public var version: String?
    /// Whether the base's own packages are seen in it.
    public var seesBase: Bool
    /// What activated shells show instead of the directory's name.
    public var prompt: String?

    /// Takes the parts.
    public init(
        path: String, maker: Maker = .venv, program: String? = nil, version: String? = nil, seesBase: Bool = false,
        prompt: String? = nil
    ) {
        self.path = path
        self.maker = maker
        self.program = program
        self.version = version
        self.seesBase = seesBase
        self.prompt = prompt
    }
}
