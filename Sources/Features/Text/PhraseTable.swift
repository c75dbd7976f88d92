/// Phrases of one or more words, each with what it means; finds the longest that starts at a token.
///
/// A trie over word numbers: the first word is an index, the rest a short list of siblings. A hyphen counts as a space,
/// punctuation ends a phrase.
struct PhraseTable<Meaning: Sendable>: Sendable {
    private struct Node: Sendable {
        var word: UInt16
        var firstChild: UInt16 = 0
        var nextSibling: UInt16 = 0
        var meaning: UInt16 = 0
    }

    private var roots: [UInt16] = []
    private var nodes: [Node] = [Node(word: 0)]
    private var meanings: [Meaning] = []

    /// Per meaning its phrases, lower case, separated by `|`.
    init(_ phrases: [(Meaning, String)], lexicon: inout Lexicon) {
        for (meaning, alternatives) in phrases {
            meanings.append(meaning)
            for phrase in alternatives.split(separator: "|") {
                insert(phrase.split(separator: " ").map { lexicon.add($0) }, meaning: UInt16(meanings.count))
            }
        }
    }

    private mutating func insert(_ words: [UInt16], meaning: UInt16) {
        guard let first = words.first else { return }
        while roots.count <= Int(first) { roots.append(0) }
        if roots[Int(first)] == 0 {
            nodes.append(Node(word: first))
            roots[Int(first)] = UInt16(nodes.count - 1)
        }
        var node = Int(roots[Int(first)])
        for word in words.dropFirst() {
            var child = Int(nodes[node].firstChild)
            while child != 0, nodes[child].word != word { child = Int(nodes[child].nextSibling) }
            if child == 0 {
                nodes.append(Node(word: word, nextSibling: nodes[node].firstChild))
                child = nodes.count - 1
                nodes[node].firstChild = UInt16(child)
            }
            node = child
        }
        // The first of two equal phrases wins, so that the order of a table is its precedence.
        if nodes[node].meaning == 0 { nodes[node].meaning = meaning }
    }

    /// The longest phrase that starts at `index`, and how many tokens it takes; nil when none does.
    @inline(__always)
    func match(_ tokens: [Token], at index: Int) -> (meaning: Meaning, length: Int)? {
        let first = Int(tokens[index].word)
        guard first < roots.count, roots[first] != 0, tokens[index].isWord else { return nil }
        return matchRest(tokens, at: index, root: Int(roots[first]))
    }

    private func matchRest(_ tokens: [Token], at index: Int, root: Int) -> (meaning: Meaning, length: Int)? {
        var node = root
        var best = nodes[node].meaning
        var bestLength = 1
        var next = index + 1
        while next < tokens.count, tokens[next].isWord, tokens[next].word != 0 {
            var child = Int(nodes[node].firstChild)
            while child != 0, nodes[child].word != tokens[next].word { child = Int(nodes[child].nextSibling) }
            guard child != 0 else { break }
            node = child
            next += 1
            if nodes[node].meaning != 0 {
                best = nodes[node].meaning
                bestLength = next - index
            }
        }
        guard best != 0 else { return nil }
        return (meanings[Int(best) - 1], bestLength)
    }
}
