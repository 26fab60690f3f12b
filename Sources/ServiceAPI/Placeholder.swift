import Hummingbird
import HummingbirdTLS
enum Placeholder {}
