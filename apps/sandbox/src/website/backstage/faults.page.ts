import type { ProviderState } from '../../faults/fault.board.js';
import type { Fault, ProviderName } from '../../faults/fault.schema.js';
import { html, type Html, type Piece } from '../html.js';
import { backstagePage } from '../page.layout.js';

export const FAULT_BUTTONS: Record<string, { label: string; fault: Fault }> = {
  off: { label: 'Switch off', fault: { kind: 'down' } },
  slow: { label: 'Slow: 2 s', fault: { kind: 'latency', ms: 2000 } },
  limit: { label: 'Rate limit', fault: { kind: 'rate-limit', retryAfterSeconds: 5 } },
  errors: { label: 'Answer errors', fault: { kind: 'status', status: 503 } },
  hang: { label: 'Never answer', fault: { kind: 'hang' } },
  lose: { label: 'Lose 3 answers', fault: { kind: 'cut-after', calls: 3 } },
};

/** 503 means something else in SMTP; a mail server that cannot says 451. */
export function faultOf(provider: ProviderName, action: string): Fault | undefined {
  const fault = FAULT_BUTTONS[action]?.fault;
  return provider === 'smtp' && fault?.kind === 'status' ? { ...fault, status: 451 } : fault;
}

const TITLES: Record<ProviderName, [string, string]> = {
  hubspot: ['CRM', 'HubSpot, as crm-sync sees it'],
  smtp: ['Mail', 'An SMTP server, as email sees it'],
  caldav: ['Calendar', 'A CalDAV server, as calendar sees it'],
};

const EXPLANATIONS: Record<Fault['kind'], string> = {
  down: 'switched off',
  latency: 'slow',
  'rate-limit': 'limiting the rate',
  status: 'answering errors',
  hang: 'never answering',
  cut: 'cutting connections',
  garbage: 'answering garbage',
  'cut-after': 'doing the work and losing the answer',
  duplicate: 'doing everything twice',
};

type States = Record<ProviderName, ProviderState>;

export function faultsPage(states: States, notice?: string): Html {
  const names = Object.keys(TITLES) as ProviderName[];
  return backstagePage({ title: 'Faults', current: '/faults', main: html`
<header class="stage-head"><h1>Faults</h1><p>Break a provider, send something, watch it wait, mend it again. Nothing is lost, and nothing arrives twice.</p></header>
${notice && html`<p class="notice" role="alert">${notice}</p>`}
<div class="switchboard">${names.map((name) => provider(name, states[name]))}</div>
<section class="try"><h2>Try it</h2><p>Switch the CRM off, send ten enquiries, and look at their journeys: the mails go out, the customer files wait. Then put it back to normal.</p>
<form method="post" action="/faults/send-ten" data-once><button class="act" type="submit">Send ten enquiries</button></form></section>` });
}

function provider(name: ProviderName, state: ProviderState): Html {
  const [title, text] = TITLES[name];
  const buttons = Object.entries(FAULT_BUTTONS).map(([action, { label, fault }]) => {
    const pressed = state.fault?.kind === fault.kind;
    return html`<button name="action" value="${action}" aria-pressed="${pressed ? 'true' : 'false'}">${label}</button>`;
  });
  return html`<section class="provider" aria-labelledby="provider-${name}"><h2 id="provider-${name}">${title}</h2><p class="sub">${text}</p>
<div data-poll="/faults/${name}/state" data-every="1000" aria-live="polite">${providerState(state)}</div>
<form method="post" action="/faults/${name}"><button class="mend" name="action" value="on">Back to normal</button><div class="breakers" role="group" aria-label="Faults of ${title}">${buttons}</div></form></section>`;
}

export function providerState(state: ProviderState): Html {
  const { fault, remainingCalls, until, calls, faulted } = state;
  const limits: Piece[] = [remainingCalls !== undefined && `, for ${remainingCalls} more`, until && `, until ${until.slice(11, 19)} UTC`];
  return html`<p class="status ${fault ? 'status-broken' : 'status-well'}"><span class="lamp" aria-hidden="true"></span>${fault ? EXPLANATIONS[fault.kind] : 'working'}${fault && limits}</p>
<dl class="counts"><div><dt>calls</dt><dd>${calls}</dd></div><div><dt>met a fault</dt><dd>${faulted}</dd></div></dl>`;
}
