import { VERDICTS, type Counts } from '../checker/verdict.js';
import { busyInWords, type DrillReport, killsInWords, killsOf, passed, RECOVERY_AIM_MS, recoveryMs } from '../drill.report.js';
import { FINISHING } from '../timeline.js';
import { escape } from './escape.js';
import { FAULT_CLASSES } from './fault.classes.js';
import { PAGE_SCRIPT } from './page.script.js';
import { PAGE_STYLE } from './page.style.js';
import { recoveryStatistics } from './recovery.statistics.js';
import { duration, number } from './report.table.js';
import { renderTimeline } from './timeline.chart.js';

const SHOWN_FINDINGS = 200;
const COLOUR_OF = { 'crm-sync': 'crm', email: 'mail', calendar: 'cal', audit: 'log' } as const;

/** The drill as one file that needs nothing else. */
export function renderPage(report: DrillReport): string {
  const well = passed(report);
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Drill, seed ${report.seed}: ${well ? 'passed' : 'failed'}</title><style>${PAGE_STYLE}</style></head>
<body><main>
<header><h1>Outage drill</h1><span class="badge ${well ? 'good' : 'bad'}">${well ? 'passed' : 'failed'}</span>
<div class="sub">${report.seconds} s at ${report.rate} events per second, seed ${report.seed}, on ${new Date(report.startedAt).toISOString().slice(0, 16).replace('T', ' at ')} UTC${report.without.length === 0 ? '' : `; without ${escape(report.without.join(', '))}`}</div></header>
${tiles(report)}
<section><h2>What happened when</h2>${legend()}<div class="wide">${renderTimeline(report)}</div>
<p id="readout">Move over the picture to read a second.</p></section>
<div class="columns"><div>${verdicts(report)}</div><div>${recoveries(report)}</div></div>
${problems(report)}
<footer><p>The checker shares no code with the services. It compares what the client was told with ingress’s ledger, each service’s deliveries, what the providers hold and the audit log.</p>
<p>Again: <code>npm run drill -- --seconds ${report.seconds} --rate ${report.rate} --seed ${report.seed}${report.without.length === 0 ? '' : ` --without ${escape(report.without.join(','))}`}</code></p></footer>
</main><script type="application/json" id="data">${chartData(report)}</script><script>${PAGE_SCRIPT}</script></body></html>
`;
}

function tiles(report: DrillReport): string {
  const { events } = report;
  const drained = recoveryMs(report);
  const kills = Object.values(killsOf(report)).reduce((sum, count) => sum + count, 0);
  const tile = (value: string, label: string, tone = ''): string => `<div class="tile"><b class="${tone}">${value}</b><span>${label}</span></div>`;
  const mustBeNone = (count: number): string => (count === 0 ? 'good' : 'bad');
  return `<div class="tiles">${[
    tile(number(report.accepted), 'events accepted'),
    tile(number(events.ok), 'done, once'),
    tile(number(events.lost), 'lost', mustBeNone(events.lost)),
    tile(number(events.duplicate), 'doubled', mustBeNone(events.duplicate)),
    tile(number(events.unexplained), 'unexplained', mustBeNone(events.unexplained)),
    tile(number(events.unknown), 'unknown, and visible', events.unknown === 0 ? '' : 'mild'),
    tile(`${report.incidents.length}`, `faults, ${kills} × kill −9`),
    tile(drained === null ? '–' : duration(drained), `after the last fault: all done (aim ${duration(RECOVERY_AIM_MS)})`, recoveryTone(drained)),
  ].join('')}</div>`;
}

function recoveryTone(drained: number | null): string {
  if (drained === null) return 'bad';
  return drained > RECOVERY_AIM_MS ? 'mild' : '';
}

function legend(): string {
  const entry = (colour: string, label: string, line = false): string => `<li><i${line ? ' class="line"' : ''} style="background:var(--${colour})"></i>${label}</li>`;
  return `<ul class="legend">${entry('accent', 'accepted', true)}${entry('done', 'delivered (an event is up to three deliveries)', true)}</ul>
<ul class="legend">${FINISHING.map((service) => entry(COLOUR_OF[service], `waiting for ${service}`, true)).join('')}</ul>
<ul class="legend">${Object.entries(FAULT_CLASSES).map(([name, label]) => entry(name, label)).join('')}</ul>`;
}

function verdicts(report: DrillReport): string {
  const row = (name: string, counts: Counts, sum = false): string =>
    `<tr${sum ? ' class="sum"' : ''}><td>${name}</td>${VERDICTS.map((verdict) => `<td class="${tone(verdict, counts[verdict])}">${number(counts[verdict])}</td>`).join('')}</tr>`;
  return `<section><h2>Verdicts</h2><table><thead><tr><th></th>${VERDICTS.map((verdict) => `<th>${verdict}</th>`).join('')}</tr></thead><tbody>
${Object.entries(report.services).map(([name, counts]) => row(name, counts)).join('')}${row('events', report.events, true)}</tbody></table>
<p class="after">${number(report.accepted)} events took ${number(report.tries)} requests: a client that hears nothing asks again under the same Idempotency-Key. ${escape(killsInWords(report))}. ${escape(busyInWords(report))}.
${number(report.repeatedByPolicy)} mails were sent again because nobody knew whether the first had arrived: that is “at least once”.</p></section>`;
}

function tone(verdict: string, count: number): string {
  if (count === 0) return 'zero';
  if (verdict === 'ok') return '';
  return verdict === 'unknown' ? 'mild' : 'bad';
}

function recoveries(report: DrillReport): string {
  const rows = recoveryStatistics(report.recoveries).map(
    ({ what, times, medianMs, longestMs }) => `<tr><td>${escape(what)}</td><td>${times}</td><td>${duration(medianMs)}</td><td>${duration(longestMs)}</td></tr>`,
  );
  return `<section><h2>How long a fault was felt</h2><p class="sub">From its end until 95 % of the work it kept waiting was done. Faults overlap: a time may belong to the next one too.</p>
<table><thead><tr><th>fault</th><th>times</th><th>median</th><th>longest</th></tr></thead><tbody>${rows.join('')}</tbody></table></section>`;
}

function problems({ findings, complaints }: DrillReport): string {
  if (findings.length + complaints.length === 0) return '';
  const rows = findings.slice(0, SHOWN_FINDINGS).map(
    ({ verdict, service, action, type, eventId, why }) =>
      `<tr><td class="${tone(verdict, 1)}">${verdict}</td><td>${escape(service)}${action === undefined ? '' : ` / ${escape(action)}`}</td><td>${escape(type)}</td><td><code>${escape(eventId)}</code></td><td>${escape(why)}</td></tr>`,
  );
  const more = findings.length > SHOWN_FINDINGS ? `<p class="sub">and ${number(findings.length - SHOWN_FINDINGS)} more</p>` : '';
  const table = rows.length === 0 ? '' : `<table class="left"><thead><tr><th>verdict</th><th>where</th><th>event</th><th>id</th><th>why</th></tr></thead><tbody>${rows.join('')}</tbody></table>${more}`;
  return `<section><h2>What is not ok</h2>${complaints.map((text) => `<p class="bad">${escape(text)}</p>`).join('')}<div class="wide">${table}</div></section>`;
}

function chartData({ timeline, incidents }: DrillReport): string {
  const data = { start: timeline.startedAt, accepted: timeline.accepted, delivered: timeline.delivered, waiting: timeline.waiting, incidents: incidents.map(({ lane, kind, from, to }) => [lane, kind, from, to]) };
  return JSON.stringify(data).replaceAll('<', '\\u003c');
}
