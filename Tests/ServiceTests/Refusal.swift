import Service

/// How the service refuses an operation; nil where it does not.
func refusal(_ operation: () throws -> Void) throws -> ServiceError? {
    do {
        try operation()
        return nil
    } catch let error as ServiceError {
        return error
    }
}
