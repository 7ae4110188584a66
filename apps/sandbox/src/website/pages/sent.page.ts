import type { EventData } from '@posthorn/contracts';
import { html, type Html, type Piece } from '../html.js';
import type { Journey } from '../journey.js';
import { shopPage } from '../page.layout.js';
import type { SentEvent } from '../submission.memory.js';
import { field, formOf, type FormState } from './form.parts.js';
import { journeySteps } from './journey.parts.js';

const THANKS: Record<string, [string, string]> = {
  'lead.submitted': ['Thank you. Your message is with us.', 'We answer within two working days.'],
  'newsletter.subscribed': ['Almost there.', 'We have sent you a mail with a link; follow it to confirm.'],
  'appointment.booked': ['We look forward to your garden.', 'The invitation is on its way to your mailbox.'],
  'appointment.rescheduled': ['Your visit is moved.', 'Your calendar will know as soon as you open the new invitation.'],
  'appointment.cancelled': ['Your visit is cancelled.', 'We are sorry, and glad to come another time.'],
  'order.paid': ['Thank you for your order.', 'The receipt is on its way; the rest follows on wheels.'],
};

export interface SentPage {
  id: string;
  journey: Journey | undefined;
  sent?: SentEvent;
  reschedule?: FormState;
}

export function sentPage({ id, journey, sent, reschedule }: SentPage): Html {
  const type = journey?.type ?? sent?.submission.type ?? '';
  const [title, lead] = THANKS[type] ?? ['Thank you.', 'It is on its way.'];
  return shopPage({
    title,
    current: '',
    refreshSeconds: !journey?.final && 3,
    main: html`<div class="wrap sent">
<div class="sent-head"><h1>${title}</h1><p class="lead">${lead}</p>${changes(id, sent, reschedule)}</div>
<section class="journey" aria-labelledby="journey"><h2 id="journey">Where it is now</h2>
<div aria-live="polite" data-poll="/sent/${id}/steps" data-every="700">${journey ? journeySteps(journey) : unknownJourney()}</div></section></div>`,
  });
}

export function unknownJourney(): Html {
  return html`<p class="journey-note">Posthorn cannot be asked at the moment. This page asks again by itself.</p>`;
}

function changes(id: string, sent: SentEvent | undefined, reschedule: FormState | undefined): Piece {
  if (!sent || !reschedule || !['appointment.booked', 'appointment.rescheduled'].includes(sent.submission.type)) return undefined;
  const { start, timeZone } = sent.submission.data as EventData<'appointment.booked'>;
  const day = new Intl.DateTimeFormat('en-GB', { dateStyle: 'full', timeZone }).format(new Date(start));
  return html`<p class="booked"><b>${day}</b> at <b>${start.slice(11, 16)}</b> (${timeZone.replaceAll('_', ' ')})</p>
<details class="change"${Object.keys(reschedule.errors).length > 0 && html` open`}><summary>Move or cancel the visit</summary>
${formOf(reschedule, `/sent/${id}/reschedule`, 'Move the visit', html`<div class="pair">${field(reschedule, { name: 'date', label: 'New day', type: 'date', required: true })}${field(reschedule, { name: 'time', label: 'New time', type: 'time', required: true })}</div>`)}
<form method="post" action="/sent/${id}/cancel" data-once><button class="button quiet" type="submit">Cancel the visit</button></form></details>`;
}
