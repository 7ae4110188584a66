import { html, type Html } from '../html.js';
import { shopPage } from '../page.layout.js';
import { checkbox, choice, field, type FormState } from './form.parts.js';

const EMPTY: FormState = { key: '', values: {}, errors: {} };
const TIMES = ['in the morning', 'in the afternoon', 'in the evening'];

/** Plain HTML, as it could stand in a file, with no key of the site in it. The script makes it better and may be missing. */
export function callbackPage({ action, script }: { action: string; script: string }): Html {
  return shopPage({
    title: 'We call you back',
    current: '/callback',
    main: html`<div class="wrap form-page"><div class="form-head"><h1>We call you back</h1><p class="lead">Leave us a number, and say when you are at home.</p></div>
<form class="form" method="post" action="${action}" accept-charset="utf-8">
${field(EMPTY, { name: 'name', label: 'Your name', autocomplete: 'name' })}
${field(EMPTY, { name: 'email', label: 'E-mail', autocomplete: 'email' })}
${field(EMPTY, { name: 'phone', label: 'Telephone', type: 'tel', autocomplete: 'tel' })}
${choice(EMPTY, { name: 'best_time', label: 'When?', choices: TIMES.map((time) => [time, time] as const) })}
${checkbox(EMPTY, 'offers', 'You may also write to me about offers.')}
<p hidden><label>Leave this empty <input name="website" tabindex="-1" autocomplete="off"></label></p>
<button class="button" name="send">Call me back</button>
</form><aside class="aside"><h2>Behind this form</h2><p>Your browser sends it straight to Posthorn. It works without JavaScript, and there is no key in the page. With JavaScript, Posthorn's script keeps what you typed until it has arrived: try it without a network.</p></aside></div>
<script src="${script}" defer></script>`,
  });
}

export function callbackThanks(): Html {
  return shopPage({
    title: 'Thank you',
    current: '/callback',
    main: html`<div class="wrap sent"><div class="sent-head"><h1>Thank you</h1><p class="lead">We will call you back. Your number is on its way <a href="/crm">to the customer file</a>, and a mail <a href="/inbox">to you</a>.</p></div></div>`,
  });
}
