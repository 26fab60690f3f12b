/// An instruction, or a command of a RUN, that cannot be followed.
struct LoweringRefusal: Sendable {
    /// The instruction's lines; those of the `FROM` for what a base or a stage keeps for others.
    let lines: LineRange
    /// The instruction's name.
    let keyword: String
    /// Why, with its place.
    let error: DockerfileError

    /// The lowering ends here: nobody reads more of them.
    static let limit = 100
}
