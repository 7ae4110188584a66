export const PAGE_STYLE = `
:root { color-scheme: light dark; --paper: #fbfaf7; --card: #fff; --ink: #1c2430; --soft: #5d6878; --faint: #e4e2db; --hair: #d5d2c8;
 --accent: #1d6fa5; --done: #c8741a; --good: #21764b; --bad: #b3261e; --mild: #8a6100;
 --dead: #c2352b; --stopped: #d99412; --store: #7a49b8; --provider: #2f7fb8;
 --crm: #1d6fa5; --mail: #c8741a; --cal: #2e8f63; --log: #8a4fa3; }
@media (prefers-color-scheme: dark) { :root { --paper: #14181e; --card: #1b2129; --ink: #e9edf2; --soft: #9aa7b6; --faint: #2a323d; --hair: #36404d;
 --accent: #5fb0e6; --done: #f0a356; --good: #5cc48f; --bad: #ff8378; --mild: #e5bd5b;
 --dead: #ef6a5f; --stopped: #ecb44b; --store: #b48aec; --provider: #62a9dd; --crm: #5fb0e6; --mail: #f0a356; --cal: #63c797; --log: #c795dc; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", sans-serif; }
main { max-width: 1240px; margin: 0 auto; padding: 36px 28px 64px; }
header { display: flex; flex-wrap: wrap; align-items: baseline; gap: 6px 18px; margin-bottom: 22px; }
h1 { font-size: 28px; letter-spacing: -.02em; margin: 0; }
h2 { font-size: 17px; margin: 0 0 12px; letter-spacing: -.01em; }
.sub { color: var(--soft); flex-basis: 100%; }
.badge { font-weight: 650; font-size: 14px; padding: 3px 12px; border-radius: 99px; border: 1.5px solid currentColor; align-self: center; }
.good { color: var(--good); } .bad { color: var(--bad); } .mild { color: var(--mild); }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(132px, 1fr)); gap: 12px; margin-bottom: 22px; }
.tile, section { background: var(--card); border: 1px solid var(--faint); border-radius: 10px; }
.tile { padding: 12px 14px; } .tile b { display: block; font-size: 23px; font-weight: 650; letter-spacing: -.02em; font-variant-numeric: tabular-nums; line-height: 1.25; white-space: nowrap; }
.tile span { color: var(--soft); font-size: 13.5px; }
section { padding: 20px 22px; margin-bottom: 20px; }
.columns { display: grid; grid-template-columns: repeat(auto-fit, minmax(430px, 1fr)); margin-bottom: 20px; gap: 20px; align-items: start; }
.columns section { margin: 0; }
.wide { overflow-x: auto; } .wide svg { min-width: 760px; }
svg { display: block; width: 100%; height: auto; overflow: visible; font-family: inherit; }
svg text { fill: var(--soft); font-size: 12px; } svg .panel { fill: var(--ink); font-weight: 600; font-size: 13px; } svg .lane { fill: var(--ink); }
svg .tick { font-variant-numeric: tabular-nums; font-size: 11.5px; }
.grid { stroke: var(--faint); } .grid-time { stroke: var(--faint); stroke-dasharray: 2 4; } .quiet { fill: var(--good); opacity: .07; } svg .quiet-label { fill: var(--good); }
.accepted { fill: var(--accent); opacity: .16; } .accepted-line { fill: none; stroke: var(--accent); stroke-width: 1.6; } .delivered { fill: none; stroke: var(--done); stroke-width: 1.4; }
.waiting { fill: none; stroke-width: 1.6; } .w-crm-sync { stroke: var(--crm); } .w-email { stroke: var(--mail); } .w-calendar { stroke: var(--cal); } .w-audit { stroke: var(--log); }
.b-dead { fill: var(--dead); } .b-stopped { fill: var(--stopped); } .b-store { fill: var(--store); } .b-provider { fill: var(--provider); }
.bar:hover { stroke: var(--ink); stroke-width: 1.5; } .cursor { stroke: var(--ink); stroke-width: 1; opacity: .5; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 18px; margin: 0 0 14px; padding: 0; list-style: none; color: var(--soft); font-size: 13.5px; }
.legend i { display: inline-block; width: 12px; height: 12px; border-radius: 3px; margin-right: 7px; vertical-align: -1px; } .legend i.line { height: 3px; vertical-align: 3px; }
#readout { min-height: 1.5em; margin: 10px 0 0; color: var(--soft); font-size: 13.5px; font-variant-numeric: tabular-nums; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; } th { text-align: right; font-weight: 500; color: var(--soft); font-size: 13px; }
th, td { padding: 5px 0 5px 14px; border-bottom: 1px solid var(--faint); text-align: right; } th:first-child, td:first-child { text-align: left; padding-left: 0; }
tr.sum td { font-weight: 650; border-top: 1.5px solid var(--hair); } tr:last-child td { border-bottom: 0; } td.zero { color: var(--soft); }
.left td, .left th { text-align: left; } code { font: 12.5px ui-monospace, Menlo, Consolas, monospace; }
p { margin: 0 0 8px; max-width: 80ch; } #readout { max-width: none; } p.after { margin-top: 14px; } footer { color: var(--soft); font-size: 13.5px; }
@media (max-width: 560px) { main { padding: 22px 14px; } .columns { grid-template-columns: 1fr; } section { padding: 16px 14px; } }
`;
