import { occurrences, type Occurrence } from '../../caldav/calendar.object.js';
import type { ReadMail } from '../../mail/mail.reader.js';
import type { ReceivedMail } from '../../mail/mailbox.store.js';
import { html, type Html, type Piece } from '../html.js';
import { backstagePage } from '../page.layout.js';
import { dayAndTime } from './calendar.view.js';

const SHOWN = 200;

export function inboxPage(messages: readonly ReceivedMail[], open?: { mail: ReceivedMail; read: ReadMail }): Html {
  return backstagePage({ title: open?.read.subject ?? 'Inbox', current: '/inbox', main: html`
<header class="stage-head"><h1>Inbox</h1><p>Every mail the simulated mail server took, whoever it was for.</p></header>
<div class="inbox${open ? ' inbox-open' : ''}"><div class="inbox-list" data-poll="/inbox/list${open ? `?open=${open.mail.id}` : ''}" data-every="2500">${inboxList(messages, open?.mail.id)}</div>
${open ? letter(open.mail, open.read) : html`<p class="empty inbox-hint">${messages.length > 0 ? 'Choose a mail to read it.' : 'No mail yet. Send a form in the shop.'}</p>`}</div>` });
}

export function inboxList(messages: readonly ReceivedMail[], open?: string): Html {
  const items = messages.slice(-SHOWN).reverse().map(({ id, subject, to, receivedAt }) => html`<li><a href="/inbox/${id}"${id === open && html` aria-current="true"`}><b>${subject}</b><span>${to.join(', ')}</span><time datetime="${receivedAt}">${receivedAt.slice(11, 19)}</time></a></li>`);
  return html`<h2>Mails <span class="count">${messages.length}</span></h2>${messages.length > 0 && html`<ul class="mails">${items}</ul>`}`;
}

function letter(mail: ReceivedMail, read: ReadMail): Html {
  const links = linksOf(read);
  return html`<article class="letter"><p class="back"><a href="/inbox">← All mails</a></p><h2>${read.subject}</h2>
<dl class="envelope"><div><dt>From</dt><dd>${read.from}</dd></div><div><dt>To</dt><dd>${read.to}</dd></div><div><dt>Received</dt><dd>${mail.receivedAt.slice(0, 19).replace('T', ' ')} UTC</dd></div></dl>
${read.invitation && invitation(read.invitation)}
${links.length > 0 && html`<div class="mail-links"><h3>Links in this mail</h3><ul>${links.map((link) => html`<li><a href="${link}" target="_blank" rel="noopener noreferrer">${link.length > 90 ? `${link.slice(0, 90)}…` : link}</a></li>`)}</ul></div>`}
${read.html ? html`<iframe class="mail-frame" src="/inbox/${mail.id}/body" sandbox="allow-popups allow-popups-to-escape-sandbox" title="The mail as its reader sees it"></iframe>` : html`<pre class="mail-text">${read.text ?? ''}</pre>`}
${read.attachments.length > 0 && html`<h3>Attached</h3><ul class="attachments">${read.attachments.map(({ filename, contentType, size }, index) => html`<li><a href="/inbox/${mail.id}/attachments/${index}">${filename}</a> <span>${contentType}, ${size} bytes</span></li>`)}</ul>`}
${read.html && read.text && html`<details><summary>Text alternative</summary><pre class="mail-text">${read.text}</pre></details>`}
<details><summary>Headers</summary><dl class="properties">${read.headers.map(({ name, value }) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl></details>
<details><summary>As it came over the wire</summary><pre class="mail-text">${mail.raw}</pre></details></article>`;
}

function invitation(ics: string): Piece {
  const method = /^METHOD:(.*)$/m.exec(ics)?.[1]?.trim() ?? 'PUBLISH';
  const [entry] = readable(ics);
  if (!entry) return html`<p class="invitation">An invitation that no calendar could read.</p>`;
  const { summary, start, end, location, sequence, status } = entry;
  const cancelled = method === 'CANCEL' || status === 'CANCELLED';
  return html`<div class="invitation${cancelled ? ' invitation-cancelled' : ''}"><p class="tag">${method.toLowerCase()} · sequence ${sequence}</p><h3>${summary}</h3><p>${dayAndTime(start, end)}${location && html`<br>${location}`}</p>
<details><summary>iCalendar</summary><pre class="mail-text">${ics}</pre></details></div>`;
}

function readable(ics: string): Occurrence[] {
  try {
    return occurrences(ics, new Date(-8.64e15), new Date(8.64e15));
  } catch {
    return [];
  }
}

function linksOf({ html: body = '', text = '' }: ReadMail): string[] {
  const hrefs = [...body.matchAll(/href="(https?:[^"]+)"/g)].map(([, href = '']) => href.replaceAll('&amp;', '&'));
  const plain = body ? [] : [...text.matchAll(/https?:\/\/[^\s<>"]+/g)].map(([href]) => href);
  return [...new Set([...hrefs, ...plain])];
}
