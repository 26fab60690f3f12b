public import ArgumentParser
public import Python

extension Keyring.Provider: ExpressibleByArgument {}
