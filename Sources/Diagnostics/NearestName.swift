/// The name that `text` was probably meant to be, or nil if none is near: at most a third of its letters, and at least
/// one, may have to be changed.
public func nearest(to text: String, among names: [String]) -> String? {
    let limit = max(1, text.count / 3)
    // What differs more in length than that is not near, however long it is.
    let close = names.filter { abs(text.count - $0.count) <= limit }
    let distances = close.map { (name: $0, distance: editDistance(text, $0), excess: abs(text.count - $0.count)) }
    return distances.filter { $0.distance <= limit }
        .min { ($0.distance, $0.excess) < ($1.distance, $1.excess) }?.name
}

/// How many letters have to be put in, left out or changed (Levenshtein).
private func editDistance(_ left: String, _ right: String) -> Int {
    let right = Array(right)
    var row = Array(0...right.count)
    for (number, letter) in left.enumerated() {
        var next = [number + 1]
        for (place, other) in right.enumerated() {
            next.append(min(row[place] + (letter == other ? 0 : 1), row[place + 1] + 1, next[place] + 1))
        }
        row = next
    }
    return row[right.count]
}
