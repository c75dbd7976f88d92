import NIOCore
import NIOConcurrencyHelpers

/// Why a connection may not come in. `rawValue` is the word for figures and for the body of the refusal (503).
public enum HubRefusal: String, Error, Sendable, Hashable, CaseIterable {
    case shuttingDown = "shutting_down"
    case tooManyConnections = "too_many_connections"
    case tooManyConnectionsOfUser = "too_many_connections_of_user"
    case tooManyConnectionsOfAddress = "too_many_connections_of_address"
    case tooManyTenants = "too_many_tenants"
    case tooManyPending = "too_many_unauthenticated"
}

/// Counts connections against their limits. One short lock per connect and disconnect; nothing else touches it.
final class Admission: Sendable {
    struct Figures {
        var peak: [String: Int] = [:]
        var refused: [String: [HubRefusal: Int]] = [:]
        var totalPeak = 0
    }

    private struct State {
        var total = 0
        /// Of the total: nobody knows yet who they are.
        var pending = 0
        var byTenant: [String: Int] = [:]
        var byUser: [UserKey: Int] = [:]
        var byAddress: [String: Int] = [:]
        var isOpen = true
        var figures = Figures()
    }

    private struct UserKey: Hashable {
        var tenant: String
        var user: String
    }

    private let configuration: HubConfiguration
    private let state = NIOLockedValueBox(State())

    init(configuration: HubConfiguration) {
        self.configuration = configuration
    }

    /// Asks without coming in; a refusal is counted.
    func refusal(of principal: Principal, address: String) -> HubRefusal? {
        state.withLockedValue { state in
            let refusal = reason(against: principal, address: address, state)
            if let refusal { state.figures.refused[principal.tenant, default: [:]][refusal, default: 0] += 1 }
            return refusal
        }
    }

    func enter(_ principal: Principal, address: String) throws(HubRefusal) {
        let refusal: HubRefusal? = state.withLockedValue { state in
            if let refusal = reason(against: principal, address: address, state) {
                state.figures.refused[principal.tenant, default: [:]][refusal, default: 0] += 1
                return refusal
            }
            state.total += 1
            state.byUser[UserKey(tenant: principal.tenant, user: principal.user), default: 0] += 1
            state.byAddress[address, default: 0] += 1
            let count = state.byTenant[principal.tenant, default: 0] + 1
            state.byTenant[principal.tenant] = count
            state.figures.peak[principal.tenant] = max(count, state.figures.peak[principal.tenant] ?? 0)
            state.figures.totalPeak = max(state.total, state.figures.totalPeak)
            return nil
        }
        if let refusal { throw refusal }
    }

    func leave(_ principal: Principal, address: String) {
        func decrement<Key>(_ counts: inout [Key: Int], _ key: Key, keepsZero: Bool = false) {
            let left = (counts[key] ?? 1) - 1
            counts[key] = left > 0 || keepsZero ? left : nil
        }
        state.withLockedValue { state in
            state.total -= 1
            decrement(&state.byUser, UserKey(tenant: principal.tenant, user: principal.user))
            decrement(&state.byAddress, address)
            // A tenant once seen stays counted: its stream and its figures stay in memory too.
            decrement(&state.byTenant, principal.tenant, keepsZero: true)
        }
    }

    // MARK: Those who have yet to say who they are

    func refusalOfPending(address: String) -> HubRefusal? {
        state.withLockedValue { state in
            let refusal = reasonAgainstPending(address: address, state)
            if let refusal { state.figures.refused["", default: [:]][refusal, default: 0] += 1 }
            return refusal
        }
    }

    func enterPending(address: String) throws(HubRefusal) {
        let refusal: HubRefusal? = state.withLockedValue { state in
            if let refusal = reasonAgainstPending(address: address, state) {
                state.figures.refused["", default: [:]][refusal, default: 0] += 1
                return refusal
            }
            state.total += 1
            state.pending += 1
            state.byAddress[address, default: 0] += 1
            return nil
        }
        if let refusal { throw refusal }
    }

    func leavePending(address: String) {
        state.withLockedValue { state in
            state.total -= 1
            state.pending -= 1
            let left = (state.byAddress[address] ?? 1) - 1
            state.byAddress[address] = left > 0 ? left : nil
        }
    }

    private func reasonAgainstPending(address: String, _ state: State) -> HubRefusal? {
        if !state.isOpen { return .shuttingDown }
        if state.total >= configuration.maximumConnections { return .tooManyConnections }
        if state.pending >= configuration.maximumPending { return .tooManyPending }
        if state.byAddress[address] ?? 0 >= configuration.maximumConnectionsPerAddress {
            return .tooManyConnectionsOfAddress
        }
        return nil
    }

    /// No more from now on.
    func close() { state.withLockedValue { $0.isOpen = false } }

    var isOpen: Bool { state.withLockedValue { $0.isOpen } }
    var figures: Figures { state.withLockedValue { $0.figures } }

    private func reason(against principal: Principal, address: String, _ state: State) -> HubRefusal? {
        let user = UserKey(tenant: principal.tenant, user: principal.user)
        if !state.isOpen { return .shuttingDown }
        if state.total >= configuration.maximumConnections { return .tooManyConnections }
        if state.byUser[user] ?? 0 >= configuration.maximumConnectionsPerUser { return .tooManyConnectionsOfUser }
        if state.byAddress[address] ?? 0 >= configuration.maximumConnectionsPerAddress {
            return .tooManyConnectionsOfAddress
        }
        if state.byTenant[principal.tenant] == nil, state.byTenant.count >= configuration.maximumTenants {
            return .tooManyTenants
        }
        return nil
    }

    /// What limits and lists go by: the IP address, or one word for everything local.
    static func address(of remote: SocketAddress?) -> String { remote?.ipAddress ?? "local" }

    /// For administrators' eyes: the last byte of IPv4 and everything after /48 of IPv6 are left out.
    static func masked(_ address: String) -> String {
        if address.contains(":") {
            let groups = address.split(separator: ":", omittingEmptySubsequences: false).prefix(3)
            return groups.joined(separator: ":") + "::"
        }
        guard let dot = address.lastIndex(of: ".") else { return address }
        return address[..<dot] + ".x"
    }
}
