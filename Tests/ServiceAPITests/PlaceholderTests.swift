import Testing

@Suite struct ServiceAPIPlaceholderTests {}
