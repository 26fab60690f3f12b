import CMariaDB
import GRDB
enum Placeholder {}
