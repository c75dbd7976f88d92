public import Leads

extension FeatureExtractor {
    /// What could be asked or done for a lead with these features, lever by lever in the order of ``Lever``, and of one
    /// lever the smallest step first.
    public func steps(for vector: FeatureVector) -> [LeverStep] {
        var steps: [LeverStep] = []
        // Cash or approved: nothing to get. (0 cash, 1 pre_approved.)
        if vector.isMissing(.financingStatusCategory) || vector[.financingStatusCategory] > 1 {
            steps.append(LeverStep(.financing, 1))
        }
        if vector.isMissing(.timelineCategory) || Int(vector[.timelineCategory]) == TimelineReader.flexible {
            // From six months down to now; a year says too little to ask for.
            steps += [4, 3, 2, 1, 0].map { LeverStep(.timeline, $0) }
        }
        if vector.isMissing(.budgetRangeCategory) {
            if vector.bool(.hasSpecificBudget) != true { steps.append(LeverStep(.budget, .nan)) }
        } else if let specificity = vector.number(.budgetSpecificityScore) {
            steps += [0.7, 1].filter { $0 > specificity }.map { LeverStep(.exactBudget, $0) }
        }
        let stage = vector.isMissing(.decisionStage) ? 0 : vector[.decisionStage]
        if stage == 0 { steps.append(LeverStep(.viewing, 1)) }
        if stage == 1 { steps.append(LeverStep(.offer, 2)) }
        if !vector.isMissing(.engagementPattern), vector[.engagementPattern] < 2 {
            steps.append(LeverStep(.conversation, vector[.engagementPattern] + 1))
        }
        if vector.bool(.hasLocationPreference) != true { steps.append(LeverStep(.place, .nan)) }
        if vector.isMissing(.propertyTypePreference) { steps.append(LeverStep(.propertyType, .nan)) }
        return steps
    }

    /// The features after a step, consistent as extraction would have them at `asOf`: one vector, or one for each answer that
    /// an open step may get. Nothing that is not in ``Lever/changes`` differs.
    ///
    /// - Returns: empty where an answer would fail one of the agency's hard criteria, or the features contradict each other.
    public func outcomes(of step: LeverStep, on vector: FeatureVector, asOf: Timestamp) -> [FeatureVector] {
        guard let ledger = FitLedger(vector, profile.criteria, hasAreas: !criteriaAreas.isEmpty) else { return [] }
        switch step.lever {
        case .financing: return financed(vector, ledger, status: Int(step.target))
        case .timeline: return timed(vector, ledger, category: Int(step.target), asOf)
        case .budget: return priced(vector, ledger)
        case .place: return placed(vector, ledger)
        case .propertyType:
            return Feature.propertyTypePreference.vocabulary.indices.map { kind in
                var after = vector
                after[.propertyTypePreference] = Double(kind)
                return after
            }
        case .exactBudget, .viewing, .offer:
            var after = vector
            after[step.lever.feature] = step.target
            return [after]
        case .conversation:
            var after = vector
            after[.engagementPattern] = step.target
            after.set(.repeatInteraction, bool: true)
            guard after.isMissing(.messageLengthVariance) else { return [after] }
            // A second message has a length: like the first one's, or not.
            return [0, 2_500].map { variance in
                var told = after
                told[.messageLengthVariance] = variance
                return told
            }
        }
    }

    // MARK: Levers

    private func financed(_ vector: FeatureVector, _ ledger: FitLedger, status: Int) -> [FeatureVector] {
        var (after, ledger) = (vector, ledger)
        ledger.replaceFinancing(
            vector.category(.financingStatusCategory), by: Feature.financingStatusCategory.vocabulary[status])
        after[.financingStatusCategory] = Double(status)
        after[.financingReadinessScore] = FinancingReader.approvedReadiness
        after.set(.isPreApproved, bool: true)
        return finished(after, ledger)
    }

    private func timed(
        _ vector: FeatureVector, _ ledger: FitLedger, category: Int, _ asOf: Timestamp
    ) -> [FeatureVector] {
        var (after, ledger) = (vector, ledger)
        ledger.replaceTimeline(
            vector.category(.timelineCategory), by: Feature.timelineCategory.vocabulary[category])
        let calendar = DayCalendar(asOf: asOf, hemisphere: profile.hemisphere)
        // "Within a year" is open towards its end; flexible has none.
        let days = category < TimelineReader.categories.count ? min(TimelineReader.categories[category].days, 365) : nil
        FeatureExtractor.setTiming(category: category, days: days, calendar, &after)
        after.set(
            .showsUrgencySignals, bool: category <= 1 || (vector.number(.urgencyKeywordFrequency) ?? 0) > 0)
        return finished(after, ledger)
    }

    /// Whatever they name: one outcome for each stretch of prices that the profile tells apart.
    private func priced(_ vector: FeatureVector, _ ledger: FitLedger) -> [FeatureVector] {
        var outcomes: [FeatureVector] = []
        for price in tellingPrices {
            var (after, ledger) = (vector, ledger)
            ledger.answer(price: price)
            after[.budgetSpecificityScore] = max(0.7, vector.number(.budgetSpecificityScore) ?? 0)
            after.set(.hasSpecificBudget, bool: true)
            setBands(price: price, &after)
            let finished = finished(after, ledger)
            guard let outcome = finished.first else { return [] }
            if !outcomes.contains(outcome) { outcomes.append(outcome) }
        }
        return outcomes
    }

    /// The middle of every stretch between the bounds of the price bands, the segments and the criteria.
    private var tellingPrices: [Double] {
        let criteria = [profile.criteria.priceFrom, profile.criteria.priceTo].compactMap(\.self)
        let bounds = Set(profile.priceBands + profile.segments + criteria).filter { $0 > 0 }.sorted()
        guard let last = bounds.last else { return [] }
        return zip([0] + bounds, bounds).map { ($0 + $1) / 2 } + [last * 1.25]
    }

    private func placed(_ vector: FeatureVector, _ ledger: FitLedger) -> [FeatureVector] {
        var outcomes: [FeatureVector] = []
        for isInArea in [true, false] {
            var (after, ledger) = (vector, ledger)
            if !criteriaAreas.isEmpty { ledger.answer(isInArea: isInArea) }
            after[.locationSpecificityCount] = max(1, vector.number(.locationSpecificityCount) ?? 0)
            after.set(.hasLocationPreference, bool: true)
            if !profile.serviceAreas.isEmpty { after.set(.inServiceArea, bool: isInArea) }
            let finished = finished(after, ledger)
            guard let outcome = finished.first else { return [] }
            if !outcomes.contains(outcome) { outcomes.append(outcome) }
        }
        return outcomes
    }

    private func finished(_ vector: FeatureVector, _ ledger: FitLedger) -> [FeatureVector] {
        guard !ledger.failsHardCriterion else { return [] }
        var vector = vector
        ledger.write(to: &vector)
        return [vector]
    }
}
