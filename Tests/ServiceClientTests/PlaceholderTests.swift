import Testing

@Suite struct ServiceClientPlaceholderTests {}
