import Service

/// Who asks, and by which request: the facade's own context, by a name that is not Hummingbird's too.
typealias RequestOrigin = RequestContext
