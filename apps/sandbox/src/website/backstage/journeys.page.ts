import { html, type Html } from '../html.js';
import type { Journey } from '../journey.js';
import { backstagePage } from '../page.layout.js';
import { journeyChips } from '../pages/journey.parts.js';
import type { SentEvent } from '../submission.memory.js';

type Listed = { sent: SentEvent; journey: Journey | undefined }[];

export function journeysPage(listed: Listed): Html {
  return backstagePage({ title: 'Journeys', current: '/journeys', main: html`
<header class="stage-head"><h1>Journeys</h1><p>What the shop sent lately, and how far each event has come.</p></header>
<div data-poll="/journeys/list" data-every="1500">${journeyList(listed)}</div>` });
}

export function journeyList(listed: Listed): Html {
  if (listed.length === 0) return html`<p class="empty">Nothing was sent yet. Send a form in the shop.</p>`;
  return html`<ul class="journeys">${listed.map(({ sent, journey }) => html`<li><a href="/sent/${sent.id}"><b>${sent.submission.type}</b><time datetime="${sent.acceptedAt}">${sent.acceptedAt.slice(11, 19)}</time></a>${journey ? journeyChips(journey) : html`<p class="empty">cannot be asked now</p>`}</li>`)}</ul>`;
}
