import { html, type Html, type Piece } from '../html.js';
import { shopPage } from '../page.layout.js';
import { decimal, PRODUCTS } from '../products.js';
import { checkbox, choice, errorOf, field, formOf, language, type FormState } from './form.parts.js';

const ZONES = [
  'Europe/Berlin', 'Europe/Vienna', 'Europe/Zurich', 'Europe/London', 'Europe/Lisbon', 'Europe/Athens', 'America/New_York',
  'America/Los_Angeles', 'America/Sao_Paulo', 'Asia/Kolkata', 'Asia/Tokyo', 'Australia/Sydney', 'UTC',
];
const VISIT_TIMES = ['09:00', '09:30', '10:00', '10:30', '11:00', '13:00', '13:30', '14:00', '15:00', '16:00', '17:00'];

const name = (form: FormState): Html => field(form, { name: 'name', label: 'Your name', autocomplete: 'name', required: true });
const email = (form: FormState): Html => field(form, { name: 'email', label: 'E-mail', type: 'email', autocomplete: 'email', required: true });
const phone = (form: FormState): Html => field(form, { name: 'phone', label: 'Telephone', type: 'tel', autocomplete: 'tel' });

function formPage(options: { title: string; path: string; lead: string; form: Html; aside: Piece }): Html {
  return shopPage({
    title: options.title,
    current: options.path,
    main: html`<div class="wrap form-page"><div class="form-head"><h1>${options.title}</h1><p class="lead">${options.lead}</p></div>
${options.form}<aside class="aside">${options.aside}</aside></div>`,
  });
}

export function contactPage(form: FormState): Html {
  const fields = html`${name(form)}${email(form)}
<div class="pair">${phone(form)}${field(form, { name: 'company', label: 'Company', autocomplete: 'organization' })}</div>
${field(form, { name: 'message', label: 'What is it about?', type: 'textarea', required: true })}
${language(form)}
${checkbox(form, 'offers', 'You may also write to me about offers. I can take this back at any time.')}`;
  return formPage({
    title: 'Ask us something',
    path: '/contact',
    lead: 'A corner where nothing grows, a tree too many, a whole new garden: tell us.',
    form: formOf(form, '/contact', 'Send the message', fields),
    aside: html`<h2>Or come by</h2><p>Lindenweg 4<br>10115 Berlin</p><p>Monday to Friday, 9 to 17 o’clock. The nursery is open on Saturdays as well.</p>`,
  });
}

export function newsletterPage(form: FormState): Html {
  const fields = html`${email(form)}
${field(form, { name: 'name', label: 'Your name', autocomplete: 'name' })}
${language(form)}
${checkbox(form, 'consent', 'Yes, send me the garden letter once a month. I can unsubscribe with one click in every letter.')}`;
  return formPage({
    title: 'The garden letter',
    path: '/newsletter',
    lead: 'Once a month: what to sow, what to cut, and one plant you may not know.',
    form: formOf(form, '/newsletter', 'Subscribe', fields),
    aside: html`<h2>What happens next</h2><p>We send you a mail with a link. Only when you follow it are you on the list, so that nobody can put you on it but you.</p>`,
  });
}

export function appointmentPage(form: FormState, today: string): Html {
  const zones = [...new Set([...ZONES, form.values['timeZone'] ?? 'Europe/Berlin'])];
  const fields = html`${name(form)}${email(form)}${phone(form)}
<div class="pair">${field(form, { name: 'date', label: 'Day', type: 'date', required: true, min: today })}
${choice(form, { name: 'time', label: 'Time', choices: VISIT_TIMES.map((time) => [time, time] as const) })}</div>
<div data-time-zone>${choice(form, { name: 'timeZone', label: 'Time zone', hint: 'The time above is meant in this zone.', choices: zones.map((zone) => [zone, zone.replaceAll('_', ' ')] as const) })}</div>
${field(form, { name: 'place', label: 'Where is the garden?', autocomplete: 'street-address', required: false })}
${field(form, { name: 'notes', label: 'Anything we should know?', type: 'textarea' })}
${language(form)}`;
  return formPage({
    title: 'Book a garden visit',
    path: '/appointment',
    lead: 'One hour in your garden, with measuring tape and sketchbook. It costs nothing.',
    form: formOf(form, '/appointment', 'Book the visit', fields),
    aside: html`<h2>What happens next</h2><p>You get an invitation by mail that your calendar understands. You can move or cancel the visit until the day before.</p>`,
  });
}

export function orderPage(form: FormState): Html {
  const rows = PRODUCTS.map(({ sku, name: title, text, cents }) => {
    const id = `quantity-${sku}`;
    return html`<li class="product"><div><h3>${title}</h3><p>${text}</p></div><p class="price">€ ${decimal(cents)}</p>
<div class="quantity"><label for="${id}">How many<span class="sr"> of ${title}</span></label><input id="${id}" name="${id}" type="number" inputmode="numeric" min="0" max="20" step="1" value="${form.values[id] ?? '0'}" data-cents="${cents}"></div></li>`;
  });
  const fields = html`<fieldset class="products"><legend>From our workshop</legend><ul>${rows}</ul>${errorOf(form, 'products')}
<p class="total" data-total hidden>Total <b></b></p></fieldset>
${name(form)}${email(form)}${language(form)}`;
  return formPage({
    title: 'Order',
    path: '/order',
    lead: 'Made to order in our workshop and brought to your gate.',
    form: formOf(form, '/order', 'Order and pay', fields),
    aside: html`<h2>A demonstration</h2><p>No money changes hands: pressing the button behaves as if a payment had just succeeded.</p>`,
  });
}
