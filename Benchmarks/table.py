"""Turns results/latest.json into the Markdown table of the README."""


def markdown(r):
    f, g, race = r["forest"], r.get("lightgbm"), r["race"]
    full, prior = race["leadwire_forest_full"], race["leadwire_prior_full"]
    shared = [("PostgreSQL", race["leadwire_prior_full_postgres"]), ("PostgreSQL and Redis", race["leadwire_prior_full_postgres_redis"])]
    peers = {d: max((race[f"peer_{w}_{d}"] for w in (1, 2)), key=lambda e: e["score"]["per_second"]) for d in ("full", "process")}
    rows = [
        ("margin of one row, 200 trees of depth 6, 28 features", f"libxgboost {f['xgboost_version']} C call {f['xgboost_margin_us']:.1f} µs",
         "≤ 1.5 µs, ≥ 18 ×", f"{f['margin_us']:.2f} µs ({f['xgboost_margin_us'] / f['margin_us']:.0f} ×)"),
        ("the same, trees of any shape", "", "≤ 3.5 µs", f"{f['margin_any_us']:.2f} µs"),
        ("exact SHAP and margin of that row", f"libxgboost {f['xgboost_version']} C call {f['xgboost_shap_us']:.0f} µs", "≤ 60 µs, ≥ 15 ×",
         f"{f['shap_us']:.1f} µs ({f['xgboost_shap_us'] / f['shap_us']:.0f} ×)"),
        *([] if g is None else [
        ("raw score of a LightGBM model, 200 trees of 31 leaves", f"LightGBM's C call {g['lightgbm_margin_us']:.1f} µs", "≤ 3.5 µs",
         f"{g['margin_us']:.2f} µs ({g['lightgbm_margin_us'] / g['margin_us']:.1f} ×)"),
        ("exact SHAP of that row, rows of Float (of Double)", f"LightGBM's C call {g['lightgbm_shap_us']:.0f} µs", "≤ 100 µs",
         f"{g['shap_us']:.1f} ({g['shap_double_us']:.1f}) µs ({g['lightgbm_shap_us'] / g['shap_us']:.0f} ×)"),
        ]),
        ("28 features from a 300-character message and 6 earlier ones", "", "≤ 50 µs", f"{r['features']['features_us']:.1f} µs"),
        ("server CPU of `POST /score`, stored", f"Python stack {peers['full']['score']['cpu_us_per_request']:.0f} µs", "≤ 200 µs before store",
         f"{full['score']['cpu_us_per_request']:.0f} µs (prior {prior['score']['cpu_us_per_request']:.0f})"),
        ("`POST /score` at half of saturation, p50 / p99", "", "≤ 1 / 5 ms",
         f"{full['score_at_half']['p50_ms']:.2f} / {full['score_at_half']['p99_ms']:.2f} ms at {full['score_at_half']['per_second']:.0f}/s"),
        ("`POST /batch-score` of 100, p50", f"Python stack {peers['full']['batch']['p50_ms']:.0f} ms", "≤ 8 ms", f"{full['batch']['p50_ms']:.1f} ms"),
        ("scored, explained, stored leads a second, durability full", f"Python stack {peers['full']['score']['per_second']:.0f}", "≥ 20 ×",
         f"{full['score']['per_second']:.0f} ({r['ratio_full']['scores_per_second']:.1f} ×; prior {prior['score']['per_second']:.0f})"),
        ("the same, durability process", f"Python stack {peers['process']['score']['per_second']:.0f}", "≥ 20 ×",
         f"{race['leadwire_forest_process']['score']['per_second']:.0f} ({r['ratio_process']['scores_per_second']:.1f} ×)"),
        *[(f"scores a second and p50 / p99 at half of saturation, durability full, {label}", f"SQLite {prior['score']['per_second']:.0f}", "",
           f"{e['score']['per_second']:.0f} ({e['score']['per_second'] / prior['score']['per_second']:.2f} ×), "
           f"{e['score_at_half']['p50_ms']:.2f} / {e['score_at_half']['p99_ms']:.2f} ms, batch of 100 {e['batch']['p50_ms']:.1f} ms")
          for label, e in shared],
        ("a health check, p50 and server CPU: SQLite; " + "; ".join(label for label, _ in shared), "", "",
         "; ".join(f"{e['health']['p50_ms']:.2f} ms, {e['health']['cpu_us_per_request']:.0f} µs" for _, e in [("", prior), *shared])),
        ("start to first answer, prior", f"Python stack {peers['full']['start_ms']:.0f} ms", "≤ 60 ms", f"{prior['start_ms']:.0f} ms"),
        ("resident memory after the race", f"Python stack {peers['full']['resident_mb']:.0f} MB", "", f"{full['resident_mb']:.0f} MB"),
    ]
    lines = ["| what | beside it, same run | budget | Leadwire |", "|---|---|---|---|"]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    m = r["machine"]
    lines.append(f"\n{m['cpu']}, {m['cores']} cores shared by client and server, fsync of the disk {r['fsync_ms']:.2f} ms, load before {m['load_before']:.1f}, {m['at']}.")
    return "\n".join(lines)
