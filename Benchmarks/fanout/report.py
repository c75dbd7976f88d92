"""From the sessions of a fan-out run: medians, ratios within a round, the table, and what misses its budget."""
import statistics

LOADS = ("one", "ten", "paced")


def median_of(sessions, *path):
    values = []
    for session in sessions:
        for key in path: session = session.get(key) if session is not None else None
        if session is not None: values.append(session)
    return statistics.median(values) if values else None


def chosen(sessions, system, connections, round=None):
    return [s for s in sessions if s["system"] == system and s["connections"] == connections and round in (None, s["round"])]


def cells(sessions):
    return sorted({(s["connections"], s["system"]) for s in sessions})


def summary(sessions):
    rows = []
    for connections, system in cells(sessions):
        mine = chosen(sessions, system, connections)
        row = {"connections": connections, "system": system}
        for key in ("connects_per_second", "idle_bytes", "subscribed_bytes", "after_bytes"): row[key] = median_of(mine, key)
        for load in LOADS:
            cpu = median_of(mine, load, "server_cpu_us")
            if cpu is None: continue
            row[load] = {"server_cpu_us": cpu, "deliveries_per_cpu_second": 1e6 / cpu,
                         **{k: median_of(mine, load, k) for k in ("per_second", "p50_us", "p99_us", "max_us")}}
        rows.append(row)
    return rows


def ratios(sessions):
    """Deliveries for the same CPU time, ours to theirs, each session against its neighbour of the same round. The median over
    the rounds for each number of connections, and under the plain name over all of them: the steadiest, and what a budget means."""
    found = {}
    for other in ("nchan", "uwebsockets"):
        for load in ("one", "ten"):
            every = []
            for connections in sorted({s["connections"] for s in sessions}):
                pairs = []
                for round in sorted({s["round"] for s in sessions}):
                    ours, theirs = (chosen(sessions, name, connections, round) for name in ("leadwire", other))
                    if ours and theirs: pairs.append(theirs[0][load]["server_cpu_us"] / ours[0][load]["server_cpu_us"])
                every += pairs
                if pairs: found[f"{load}_over_{other}_{connections}"] = round_to(statistics.median(pairs))
            if every: found[f"{load}_over_{other}"] = round_to(statistics.median(every))
    return found


def round_to(value): return float(f"{value:.3g}")


def missed(result, budgets):
    lines = []
    for budget in budgets["ratios"]:
        name = f"{budget['load']}_over_{budget['system']}"
        value = result["ratios"].get(name)
        if value is None: lines.append(f"{name} was not measured")
        elif value < budget["minimum"]: lines.append(f"{name} is {value}, at least {budget['minimum']} is wanted")
    weighed = [row for row in result["summary"] if row["system"] == "leadwire"]
    if not weighed: return lines + ["the hub was not measured"]
    # With few connections what the process holds once weighs more than what it holds for each.
    row = max(weighed, key=lambda row: row["connections"])
    kib = row["subscribed_bytes"] / 1024
    if kib > budgets["idle_subscribed_kib"]:
        lines.append(f"{kib:.2f} KiB an idle subscribed connection at {row['connections']}, "
                     f"at most {budgets['idle_subscribed_kib']} is wanted")
    return lines


def table(result):
    machine = result["machine"]
    lines = [f"{machine['cpu']}, {machine['cores']} cores, load {', '.join(f'{l:.1f}' for l in machine['load'])}; "
             f"nchan {machine['nchan']}, socketify {machine['socketify']}; medians of {result['rounds']} rounds", "",
             "| connections | system | one event a tick: µs CPU, deliveries/CPU s, per s | ten a tick: µs CPU, deliveries/CPU s, per s "
             "| paced p50, p99 µs | KiB idle, subscribed, after | connects/s |", "|---|---|---|---|---|---|---|"]
    for row in result["summary"]:
        def load(name):
            if name not in row: return "–"
            return f"{row[name]['server_cpu_us']:.2f}, {row[name]['deliveries_per_cpu_second'] / 1000:.0f}k, {row[name]['per_second'] / 1000:.0f}k"
        paced = f"{row['paced']['p50_us']:.0f}, {row['paced']['p99_us']:.0f}" if "paced" in row else "–"
        memory = ", ".join(f"{row[k] / 1024:.1f}" for k in ("idle_bytes", "subscribed_bytes", "after_bytes"))
        lines.append(f"| {row['connections']:,} | {row['system']} | {load('one')} | {load('ten')} | {paced} | {memory} | {row['connects_per_second']:.0f} |")
    lines += ["", "Ratios of deliveries for the same server CPU time:"]
    lines += [f"- {name.replace('_', ' ')}: {value}" for name, value in result["ratios"].items()]
    return "\n".join(lines)
