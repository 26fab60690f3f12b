import Testing

@Suite struct ServicePlaceholderTests {}
