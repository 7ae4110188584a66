import type { HubSpotStore } from '../../hubspot/hubspot.store.js';
import type { CrmObject, ObjectType } from '../../hubspot/hubspot.types.js';
import { html, type Html, type Piece } from '../html.js';
import { backstagePage } from '../page.layout.js';

const SHOWN = 100;
/** Shown in the card's own place, or without any meaning to a reader. */
const PLAIN = new Set(['firstname', 'lastname', 'email', 'hs_note_body', 'dealname', 'amount', 'deal_currency_code', 'createdate', 'lastmodifieddate', 'hs_lastmodifieddate', 'hs_object_id', 'hs_timestamp']);

export function crmPage(store: HubSpotStore): Html {
  return backstagePage({ title: 'CRM', current: '/crm', main: html`
<header class="stage-head"><h1>CRM</h1><p>What the simulated HubSpot holds. Each person is there once, however often an event was delivered.</p></header>
<div data-poll="/crm/records" data-every="2500">${crmRecords(store)}</div>` });
}

export function crmRecords(store: HubSpotStore): Html {
  return html`<div class="columns">${column(store, 'contacts', 'Contacts', contactCard)}${column(store, 'notes', 'Notes', noteCard)}${column(store, 'deals', 'Deals', dealCard)}</div>`;
}

function column(store: HubSpotStore, type: ObjectType, title: string, card: (object: CrmObject) => Piece): Html {
  const all = store.all(type);
  const cards = all.slice(-SHOWN).reverse().map((object) => html`<li class="record" id="record-${object.id}">${card(object)}${details(store, object)}</li>`);
  return html`<section class="column"><h2>${title} <span class="count">${all.length}</span></h2>${all.length > 0 ? html`<ul class="records">${cards}</ul>` : html`<p class="empty">Nothing here yet.</p>`}</section>`;
}

function contactCard({ properties }: CrmObject): Html {
  const name = [properties['firstname'], properties['lastname']].filter(Boolean).join(' ');
  return html`<h3>${name || properties['email']}</h3>${name && html`<p class="sub">${properties['email']}</p>`}`;
}

function noteCard({ properties }: CrmObject): Html {
  return html`<p class="note">${plainText(properties['hs_note_body'] ?? '')}</p>`;
}

function dealCard({ properties }: CrmObject): Html {
  return html`<h3>${properties['dealname'] ?? 'A deal'}</h3><p class="sub"><b>${properties['amount'] ?? ''} ${properties['deal_currency_code'] ?? ''}</b></p>`;
}

function details(store: HubSpotStore, object: CrmObject): Html {
  const rows = Object.entries(object.properties).filter(([name, value]) => value && !PLAIN.has(name));
  const linked = (['contacts', 'notes', 'deals'] as const).flatMap((type) =>
    store.associations.of(object, type).map(({ id }) => html`<a href="#record-${id}">${nameOf(store, type, id)}</a> `),
  );
  return html`${rows.length > 0 && html`<dl class="properties">${rows.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`}
${linked.length > 0 && html`<p class="linked">→ ${linked}</p>`}
<p class="meta"><code>${object.id}</code> <time datetime="${object.createdAt}">${object.createdAt.slice(0, 19).replace('T', ' ')}</time></p>`;
}

function nameOf(store: HubSpotStore, type: ObjectType, id: string): string {
  const properties = store.find(type, id)?.properties;
  return (type === 'contacts' && properties?.['email']) || (type === 'deals' && properties?.['dealname']) || `${type.slice(0, -1)} ${id}`;
}

/** A note's body is HTML made elsewhere; only its text is shown. */
function plainText(markup: string): string {
  const text = markup.replace(/<(br|\/p|\/li|\/div)\s*\/?>/gi, '\n').replace(/<[^>]*>/g, '');
  const entities: Record<string, string> = { '&lt;': '<', '&gt;': '>', '&quot;': '"', '&#39;': "'", '&nbsp;': ' ', '&amp;': '&' };
  return text.replace(/&(lt|gt|quot|#39|nbsp|amp);/g, (entity) => entities[entity] ?? entity).trim();
}
