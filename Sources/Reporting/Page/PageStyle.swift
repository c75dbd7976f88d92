/// The style sheet. Light and dark by the reader's choice, always light on paper; nothing is loaded from anywhere.
enum PageStyle {
    static let sheet: StaticString = """
        :root {
          color-scheme: light dark;
          --page: #f4f5f7; --card: #fff; --ink: #14181f; --soft: #535c69; --line: #dfe3e8; --track: #e8ebef;
          --brand: #1c5a52; --second: #8a939f; --warn: #a3460f; --ok: #1c6b54; --ok-bg: #e2f2ec; --watch: #7d4a00;
          --watch-bg: #fcefd8; --act: #a8201a; --act-bg: #fce9e7; --none: #4a5261; --none-bg: #eaedf1;
          --c0: #2b6cb0; --c1: #6d96c4; --c2: #9a93a8; --c3: #cf8468; --c4: #c2410c;
        }
        @media screen and (prefers-color-scheme: dark) {
          :root {
            --page: #0d1117; --card: #161b22; --ink: #e8ecf2; --soft: #a0abb9; --line: #2a313b; --track: #262d37;
            --brand: #4fb8a6; --second: #7f8a99; --warn: #f2a167; --ok: #5ccba6; --ok-bg: #12302a; --watch: #f3c06b;
            --watch-bg: #362710; --act: #ff9f94; --act-bg: #3b1a18; --none: #b3bdca; --none-bg: #252c36;
            --c0: #5aa2f0; --c1: #7fa6d4; --c2: #a79fb6; --c3: #e09a7d; --c4: #f7803f;
          }
        }
        * { box-sizing: border-box; }
        html { -webkit-text-size-adjust: 100%; background: var(--page); }
        body { margin: 0 auto; max-width: 1120px; padding: 20px 16px 56px; color: var(--ink);
          font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; overflow-wrap: break-word; }
        h1, h2, h3, p, ul, ol, dl, dd, figure { margin: 0; padding: 0; }
        ul, ol { list-style: none; }
        .kicker { color: var(--brand); font-weight: 700; letter-spacing: .02em; }
        h1 { font-size: clamp(1.5rem, 1.1rem + 2vw, 2.3rem); line-height: 1.2; margin: 6px 0 10px; max-width: 28em;
          text-wrap: balance; }
        h2 { font-size: 1.3rem; line-height: 1.25; margin: 0 0 6px; }
        h3 { font-size: 1rem; line-height: 1.3; margin: 0 0 4px; }
        .lead { color: var(--soft); max-width: 44em; }
        .meta { display: flex; flex-wrap: wrap; gap: 4px 18px; margin-top: 14px; color: var(--soft); font-size: .9rem; }
        .meta b { color: var(--ink); font-weight: 600; }
        section { margin-top: 40px; }
        .cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(158px, 1fr)); gap: 12px; margin-top: 24px; }
        .card, figure, .factors, .block { background: var(--card); border: 1px solid var(--line); border-radius: 14px; }
        .card { padding: 14px 16px; }
        .card .name { color: var(--soft); font-size: .85rem; line-height: 1.3; }
        .card .value { font-size: 1.5rem; font-weight: 700; line-height: 1.3; font-variant-numeric: tabular-nums; }
        .card .more { color: var(--soft); font-size: .85rem; line-height: 1.35; }
        .plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 420px), 1fr)); gap: 16px;
          margin-top: 16px; align-items: stretch; }
        figure { padding: 14px 12px 12px; break-inside: avoid; display: flex; flex-direction: column; }
        figure h3 { padding: 0 4px; }
        figure .says { padding: 0 4px; color: var(--soft); font-size: .85rem; line-height: 1.35; }
        figcaption { padding: 6px 4px 0; color: var(--soft); font-size: .87rem; line-height: 1.4; }
        svg { display: block; width: 100%; height: auto; margin: 6px auto 0; max-width: 480px; overflow: visible; }
        svg text { font: 12px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; fill: var(--ink); }
        svg text.soft { fill: var(--soft); } svg text.strong { font-weight: 700; fill: var(--brand); }
        .grid { stroke: var(--line); stroke-width: 1; } .axis { stroke: var(--soft); stroke-width: 1; }
        .line { fill: none; stroke-width: 2.25; stroke-linejoin: round; stroke-linecap: round; }
        .line.model { stroke: var(--brand); } .line.plain { stroke: var(--second); stroke-width: 1.5; stroke-dasharray: 5 5; }
        .line.best { stroke: var(--second); stroke-width: 1.25; stroke-dasharray: 1 4; }
        .line.promised { stroke: var(--second); stroke-width: 2; }
        .band.model { fill: var(--brand); opacity: .17; }
        .dot.model { fill: var(--brand); stroke: var(--card); stroke-width: 1.5; }
        .whisker.model { stroke: var(--brand); stroke-width: 2; stroke-linecap: round; }
        .bar.closed { fill: var(--brand); } .bar.others { fill: var(--second); opacity: .5; }
        .swarm { fill: none; stroke-width: 3.4; stroke-linecap: round; opacity: .8; }
        .swarm.c0 { stroke: var(--c0); } .swarm.c1 { stroke: var(--c1); } .swarm.c2 { stroke: var(--c2); }
        .swarm.c3 { stroke: var(--c3); } .swarm.c4 { stroke: var(--c4); } .swarm.none { stroke: var(--second); }
        .legend { display: flex; flex-wrap: wrap; gap: 2px 16px; padding: 6px 4px 0; font-size: .82rem; color: var(--soft); }
        .legend span { display: inline-flex; align-items: center; gap: 6px; }
        .legend i { width: 16px; height: 0; border-top: 3px solid var(--brand); border-radius: 2px; }
        .legend i.plain { border-top: 2px dashed var(--second); } .legend i.best { border-top: 2px dotted var(--second); }
        .legend i.promised { border-color: var(--second); }
        .legend i.dots { width: 9px; height: 9px; border: 0; border-radius: 5px; background: var(--brand); }
        .legend i.box { height: 11px; width: 11px; border: 0; background: var(--brand); border-radius: 3px; }
        .legend i.box.others { background: var(--second); opacity: .6; }
        .legend i.scale { width: 64px; height: 9px; border: 0; border-radius: 5px;
          background: linear-gradient(90deg, var(--c0), var(--c1), var(--c2), var(--c3), var(--c4)); }
        .legend i.blob { width: 8px; height: 8px; border: 0; border-radius: 4px; background: var(--second); }
        .block { margin-top: 16px; padding: 6px 16px; }
        .block.plain { padding: 14px 16px; }
        table { border-collapse: collapse; width: 100%; font-size: .92rem; line-height: 1.35; font-variant-numeric: tabular-nums; }
        th, td { text-align: right; padding: 9px 8px; border-bottom: 1px solid var(--line); vertical-align: top; }
        th { color: var(--soft); font-weight: 600; font-size: .82rem; vertical-align: bottom; }
        th:first-child, td:first-child { text-align: left; padding-left: 0; font-weight: 600; min-width: 8em;
          overflow-wrap: anywhere; }
        th:last-child, td:last-child { padding-right: 0; }
        tr:last-child > td { border-bottom: 0; }
        td small { color: var(--soft); font-size: .85em; white-space: nowrap; }
        td.words { text-align: left; font-weight: 400; }
        th.words { text-align: left; }
        .badge { display: inline-block; border-radius: 999px; padding: 1px 9px; font-size: .8rem; font-weight: 600;
          background: var(--none-bg); color: var(--none); white-space: nowrap; }
        .badge.ok { background: var(--ok-bg); color: var(--ok); } .badge.watch { background: var(--watch-bg); color: var(--watch); }
        .badge.act { background: var(--act-bg); color: var(--act); }
        .note { margin-top: 14px; padding: 11px 14px; border-radius: 12px; background: var(--none-bg); color: var(--ink);
          font-size: .93rem; line-height: 1.45; }
        .note.watch { background: var(--watch-bg); } .note.act { background: var(--act-bg); } .note.ok { background: var(--ok-bg); }
        .factors { margin-top: 16px; padding: 4px 16px 10px; }
        .factors li { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 1.5fr); gap: 4px 24px; align-items: center;
          padding: 12px 0 8px; border-bottom: 1px solid var(--line); break-inside: avoid; }
        .factors li:last-child { border-bottom: 0; padding-bottom: 2px; }
        .factors b { overflow-wrap: anywhere; } .factors .how { color: var(--soft); font-size: .87rem; line-height: 1.4; }
        .factors svg { max-width: none; margin: 0; }
        .track { display: block; height: 7px; border-radius: 4px; background: var(--track); margin: 5px 0 5px; max-width: 320px; }
        .track i { display: block; height: 7px; border-radius: 4px; background: var(--brand); }
        details { border-top: 1px solid var(--line); } summary { cursor: pointer; padding: 11px 0; color: var(--brand);
          font-weight: 600; font-size: .92rem; } summary:focus-visible { outline: 3px solid var(--brand); outline-offset: 2px; }
        .facts { display: grid; grid-template-columns: minmax(120px, 200px) minmax(0, 1fr); gap: 6px 18px; font-size: .92rem; }
        .facts dt { color: var(--soft); } .facts dd { overflow-wrap: anywhere; }
        .list li { padding: 7px 0; border-bottom: 1px solid var(--line); font-size: .92rem; } .list li:last-child { border-bottom: 0; }
        footer { margin-top: 40px; color: var(--soft); font-size: .85rem; max-width: 60em; }
        footer p + p { margin-top: 8px; }
        @media (min-width: 701px) {
          figure svg text { font-size: 10.5px; } .factors svg text { font-size: 9px; }
          details th { visibility: hidden; padding-top: 0; padding-bottom: 0; line-height: 0; height: 0; }
        }
        @media (max-width: 700px) {
          .block { padding: 2px 14px; }
          table, tbody, tr, td { display: block; } thead { display: none; }
          tr { padding: 11px 0; border-bottom: 1px solid var(--line); } tr:last-child { border-bottom: 0; }
          th, td { border: 0; padding: 1px 0; }
          td { display: flex; justify-content: space-between; gap: 14px; text-align: right; }
          td::before { content: attr(data-name); color: var(--soft); text-align: left; flex: 0 1 auto; }
          td.words { display: block; text-align: left; color: var(--soft); } td.words::before { content: none; }
          td:first-child { display: block; min-width: 0; padding-bottom: 3px; } td:first-child::before { content: none; }
          td.blank { display: none; }
          .factors li { grid-template-columns: minmax(0, 1fr); }
          .facts { grid-template-columns: minmax(0, 1fr); gap: 0; } .facts dd { margin-bottom: 8px; }
        }
        @media print {
          :root { --page: #fff; color-scheme: light; } body { padding: 0; max-width: none; font-size: 11pt; }
          details::details-content { content-visibility: visible; block-size: auto; } summary { display: none; }
          section { margin-top: 24px; } h2, h3 { break-after: avoid; } tr, .card { break-inside: avoid; }
          .plots { grid-template-columns: 1fr 1fr; }
          * { -webkit-print-color-adjust: exact; print-color-adjust: exact; }
        }
        """
}
