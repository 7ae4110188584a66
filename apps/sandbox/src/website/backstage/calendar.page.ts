import { html, type Html } from '../html.js';
import { backstagePage } from '../page.layout.js';
import { longDay, SHOP_ZONE, type Entry, type Month } from './calendar.view.js';

const WEEKDAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

export function calendarPage(month: Month, today: string): Html {
  return backstagePage({ title: `Calendar, ${month.title}`, current: '/calendar', main: html`
<header class="stage-head"><h1>Calendar</h1><p>What the simulated CalDAV server holds, in the time of the shop (${SHOP_ZONE}). Any CalDAV client can look as well, at <code>/caldav/</code>.</p></header>
<nav class="months" aria-label="Months"><a href="/calendar?month=${month.previous}">← Earlier</a><h2>${month.title}</h2><a href="/calendar?month=${month.next}">Later →</a></nav>
<div data-poll="/calendar/month?month=${month.name}" data-every="2500">${monthView(month, today)}</div>` });
}

export function monthView(month: Month, today: string): Html {
  return html`<table class="month"><thead><tr>${WEEKDAYS.map((day) => html`<th scope="col">${day}</th>`)}</tr></thead>
<tbody>${month.weeks.map((week) => html`<tr>${week.map(({ day, number, inMonth, entries }) => html`<td class="${inMonth ? 'day' : 'day day-other'}${day === today ? ' day-today' : ''}"><span class="day-number">${number}</span>${entries.map(chip)}</td>`)}</tr>`)}</tbody></table>
<h2 class="agenda-title">Agenda <span class="count">${month.entries.length}</span></h2>
${month.entries.length === 0 ? html`<p class="empty">Nothing in ${month.title} yet.</p>` : html`<ul class="agenda">${month.entries.map(line)}</ul>`}`;
}

function chip(entry: Entry): Html {
  return html`<a class="chip-entry${entry.status === 'CANCELLED' ? ' cancelled' : ''}" href="#${entry.anchor}"><b>${entry.from}</b> ${entry.summary}</a>`;
}

function line(entry: Entry): Html {
  return html`<li id="${entry.anchor}" class="agenda-entry${entry.status === 'CANCELLED' ? ' cancelled' : ''}"><p class="agenda-when"><b>${entry.from}–${entry.to}</b><span>${longDay(entry.day)}</span></p>
<div><h3>${entry.summary}</h3>${entry.location && html`<p>${entry.location}</p>`}${entry.description && html`<p class="note">${entry.description}</p>`}<p class="meta">${entry.status.toLowerCase()} · <code>${entry.href}</code></p></div></li>`;
}
