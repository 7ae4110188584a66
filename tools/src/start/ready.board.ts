import { relative } from 'node:path';
import pc from 'picocolors';
import type { Stack } from './stack.js';

export interface BoardOptions {
  color: boolean;
  tookMs: number;
  cwd: string;
}

/** What is shown when everything runs: where to look, with which keys, and what to try. */
export function renderBoard(stack: Pick<Stack, 'urls' | 'keys' | 'home'>, { color, tookMs, cwd }: BoardOptions): string {
  const { bold, dim, cyan, green } = pc.createColors(color);
  const { website = '', ingress = '', audit = '', console = '' } = stack.urls;
  const row = (label: string, value: string, remark = ''): string =>
    `  ${label.padEnd(13)}${cyan(value)}${remark === '' ? '' : `${' '.repeat(Math.max(2, 38 - value.length))}${dim(remark)}`}`;
  const home = relative(cwd, stack.home) || '.';
  return [
    '',
    `  ${green('●')} ${bold('Posthorn is ready')} ${dim(`after ${(tookMs / 1000).toFixed(1)} s`)}`,
    '',
    row('Website', `${website}/`, 'send a form and watch its journey'),
    row('CRM', `${website}/crm`, 'contacts as the provider holds them'),
    row('Mailbox', `${website}/inbox`, 'every mail that was sent'),
    row('Calendar', `${website}/calendar`, 'the appointments'),
    row('Faults', `${website}/faults`, 'stop a provider, start it again'),
    '',
    row('Ingress', `${ingress}/v1/events`, 'where sites send events'),
    row('Audit log', `${audit}/v1/entries`, 'who, what, when: with the auditor key'),
    row('Console', `${console}/v1/connections`, 'breakers, backlogs, dead letters: with the operator key'),
    '',
    row('Site key', stack.keys.site),
    row('Auditor key', stack.keys.auditor),
    row('Operator key', stack.keys.operator),
    '',
    `  ${bold('Try it')}`,
    '',
    ...curl(ingress, stack.keys.site).map((line) => `    ${line}`),
    '',
    `    npx posthorn connections`,
    '',
    dim(`  Data, keys and logs: ${home.startsWith('..') ? stack.home : home}/   ·   Ctrl-C stops everything`),
    '',
  ].join('\n');
}

function curl(ingress: string, key: string): string[] {
  const event = { type: 'lead.submitted', data: { person: { email: 'ada@example.org', name: 'Ada Lovelace' }, message: 'Hello!' } };
  return [
    `curl ${ingress}/v1/events \\`,
    `  -H 'Authorization: Bearer ${key}' \\`,
    `  -H 'Content-Type: application/json' \\`,
    `  -d '${JSON.stringify(event)}'`,
  ];
}

/** The one line that programs read. */
export function readyLine({ urls, keys }: Pick<Stack, 'urls' | 'keys'>): string {
  return JSON.stringify({ ready: true, urls, keys });
}
