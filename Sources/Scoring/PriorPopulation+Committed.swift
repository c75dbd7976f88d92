extension PriorPopulation {
    static let committed = PriorPopulation(conditionCounts: [], weightCounts: [], lowestMargin: 0, marginCounts: [])
}
