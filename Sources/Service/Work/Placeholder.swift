internal import JWTKit
internal import Metrics
internal import ServiceLifecycle
