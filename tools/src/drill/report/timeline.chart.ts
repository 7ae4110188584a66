import type { DrillReport } from '../drill.report.js';
import { FINISHING } from '../timeline.js';
import { PROCESSES, PROVIDERS } from '../storm/fault.plan.js';
import type { Incident } from '../storm/storm.log.js';
import { escape } from './escape.js';
import { classOf } from './fault.classes.js';
import { duration, number } from './report.table.js';

/** The drawing's own units; the page scales it. */
const WIDTH = 1_160;
const LEFT = 108;
const RIGHT = 14;
const PLOT = WIDTH - LEFT - RIGHT;
const FLOW = { top: 26, height: 130 };
const WAITING = { top: 204, height: 110 };
const LANES = { top: 362, step: 23, bar: 13 };
const NARROWEST_BAR = 2.5;

const LANE_NAMES = [...PROCESSES, ...PROVIDERS];
const ON_LANE: Readonly<Record<string, string>> = { hubspot: 'CRM', smtp: 'mail server', caldav: 'calendar server' };

export function renderTimeline(report: DrillReport): string {
  const { timeline } = report;
  const seconds = timeline.accepted.length;
  const x = (second: number): number => LEFT + (Math.min(seconds, Math.max(0, second)) / seconds) * PLOT;
  const at = (time: number): number => x((time - timeline.startedAt) / 1_000);
  const height = LANES.top + LANE_NAMES.length * LANES.step + 34;
  const bottom = LANES.top + LANE_NAMES.length * LANES.step;

  const flowTop = ceiling(Math.max(...timeline.accepted, ...timeline.delivered));
  const waitingTop = ceiling(Math.max(...FINISHING.flatMap((service) => timeline.waiting[service])));
  const plot = (values: readonly number[], top: number, panel: { top: number; height: number }): string =>
    values.map((value, index) => `${index === 0 ? 'M' : 'L'}${round(x(index + 0.5))} ${round(panel.top + panel.height * (1 - value / top))}`).join('');
  const area = `${plot(timeline.accepted, flowTop, FLOW)}L${round(x(seconds - 0.5))} ${FLOW.top + FLOW.height}L${round(x(0.5))} ${FLOW.top + FLOW.height}Z`;
  const quiet = at(report.stormEndedAt);

  return `<svg id="timeline" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="What was accepted, delivered, waiting and broken in each second"
 data-left="${LEFT}" data-plot="${PLOT}" data-width="${WIDTH}">
<rect class="quiet" x="${round(quiet)}" y="${FLOW.top - 12}" width="${round(LEFT + PLOT - quiet)}" height="${bottom - FLOW.top + 12}"/>
<text class="quiet-label" x="${round(Math.min(quiet + 6, LEFT + PLOT - 60))}" y="${FLOW.top - 16}">quiet</text>
${title('events per second', FLOW.top)}${scale(flowTop, FLOW)}
<path class="accepted" d="${area}"/><path class="accepted-line" d="${plot(timeline.accepted, flowTop, FLOW)}"/><path class="delivered" d="${plot(timeline.delivered, flowTop, FLOW)}"/>
${title('waiting', WAITING.top)}${scale(waitingTop, WAITING)}
${FINISHING.map((service) => `<path class="waiting w-${service}" d="${plot(timeline.waiting[service], waitingTop, WAITING)}"/>`).join('')}
${title('broken', LANES.top)}
${LANE_NAMES.map((name, index) => lane(name, index)).join('')}
${report.incidents.map((incident) => bar(incident, at)).join('')}
${timeAxis(seconds, x, bottom)}
<line id="cursor" class="cursor" x1="0" x2="0" y1="${FLOW.top - 12}" y2="${bottom}" visibility="hidden"/>
</svg>`;
}

function title(text: string, top: number): string {
  return `<text class="panel" x="${LEFT}" y="${top - 14}">${text}</text>`;
}

function scale(top: number, panel: { top: number; height: number }): string {
  return [0, 0.5, 1]
    .map((share) => {
      const y = round(panel.top + panel.height * (1 - share));
      return `<line class="grid" x1="${LEFT}" x2="${LEFT + PLOT}" y1="${y}" y2="${y}"/><text class="tick" text-anchor="end" x="${LEFT - 8}" y="${y + 4}">${number(Math.round(top * share))}</text>`;
    })
    .join('');
}

function lane(name: string, index: number): string {
  const y = LANES.top + index * LANES.step;
  return `<line class="grid" x1="${LEFT}" x2="${LEFT + PLOT}" y1="${y + LANES.bar / 2}" y2="${y + LANES.bar / 2}"/><text class="lane" text-anchor="end" x="${LEFT - 8}" y="${y + LANES.bar - 2}">${ON_LANE[name] ?? name}</text>`;
}

function bar(incident: Incident, at: (time: number) => number): string {
  const index = LANE_NAMES.findIndex((name) => name === incident.lane);
  if (index < 0) return '';
  const [from, to] = [at(incident.from), at(incident.to)];
  const what = [incident.kind, incident.note, duration(incident.to - incident.from)].filter((part) => part !== undefined).join(', ');
  return `<rect class="bar b-${classOf(incident.kind)}" x="${round(from)}" y="${LANES.top + index * LANES.step}" width="${round(Math.max(NARROWEST_BAR, to - from))}" height="${LANES.bar}" rx="1.5"><title>${escape(`${incident.lane}: ${what}`)}</title></rect>`;
}

function timeAxis(seconds: number, x: (second: number) => number, bottom: number): string {
  const every = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1_800, 3_600].find((step) => seconds / step <= 12) ?? 7_200;
  const ticks: string[] = [];
  for (let second = 0; second <= seconds; second += every) {
    const label = every >= 60 ? `${second / 60} min` : `${second} s`;
    ticks.push(`<line class="grid-time" x1="${round(x(second))}" x2="${round(x(second))}" y1="${FLOW.top}" y2="${bottom}"/><text class="tick" text-anchor="middle" x="${round(x(second))}" y="${bottom + 18}">${label}</text>`);
  }
  return ticks.join('');
}

/** The next round number, so that the scale can be read. */
function ceiling(value: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(value, 1)));
  const step = [1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10].find((factor) => factor * power >= value) ?? 10;
  return Math.max(2, step * power);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
