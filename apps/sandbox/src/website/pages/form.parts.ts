import { html, type Html, type Piece } from '../html.js';
import type { Fields } from '../form.reader.js';

export interface FormState {
  key: string;
  values: Fields;
  errors: Record<string, string>;
  /** Why sending did not work, when it is not the visitor's doing. */
  notice?: string;
}

interface Field {
  name: string;
  label: string;
  type?: 'text' | 'email' | 'tel' | 'date' | 'time' | 'textarea';
  hint?: string;
  autocomplete?: string;
  required?: boolean;
  min?: string;
}

/** A labelled field with its hint and, after a mistake, its error. */
export function field(form: FormState, options: Field): Html {
  const { name, label, type = 'text', hint, required } = options;
  const error = form.errors[name];
  const value = form.values[name] ?? '';
  const describedBy = [hint && `${name}-hint`, error && `${name}-error`].filter(Boolean).join(' ');
  const attributes = html`id="${name}" name="${name}"${required && html` required`}${error && html` aria-invalid="true"`}${describedBy && html` aria-describedby="${describedBy}"`}${options.autocomplete && html` autocomplete="${options.autocomplete}"`}${options.min && html` min="${options.min}"`}`;
  const control = type === 'textarea' ? html`<textarea ${attributes} rows="6">${value}</textarea>` : html`<input ${attributes} type="${type}" value="${value}">`;
  return html`<div class="field"><label for="${name}">${label}${!required && html` <span class="optional">optional</span>`}</label>${hint && html`<p class="hint" id="${name}-hint">${hint}</p>`}${control}${errorOf(form, name)}</div>`;
}

export function choice(form: FormState, options: { name: string; label: string; choices: readonly (readonly [string, string])[]; hint?: string }): Html {
  const { name, label, hint } = options;
  const chosen = form.values[name];
  const rows = options.choices.map(([value, text]) => html`<option value="${value}"${value === chosen && html` selected`}>${text}</option>`);
  return html`<div class="field"><label for="${name}">${label}</label>${hint && html`<p class="hint" id="${name}-hint">${hint}</p>`}<select id="${name}" name="${name}"${hint && html` aria-describedby="${name}-hint"`}>${rows}</select>${errorOf(form, name)}</div>`;
}

export function checkbox(form: FormState, name: string, label: Piece): Html {
  return html`<div class="field"><label class="check"><input type="checkbox" name="${name}" value="yes"${form.values[name] && html` checked`}${form.errors[name] && html` aria-invalid="true" aria-describedby="${name}-error"`}> <span>${label}</span></label>${errorOf(form, name)}</div>`;
}

export function language(form: FormState): Html {
  return choice(form, { name: 'locale', label: 'Language of our mails', choices: [['en', 'English'], ['de', 'Deutsch']] });
}

/** The whole form; its hidden key makes one event of it, however often it is sent. */
export function formOf(form: FormState, action: string, button: string, fields: Piece): Html {
  const count = Object.keys(form.errors).length;
  return html`<form class="form" method="post" action="${action}" data-once novalidate>
${form.notice && html`<div class="notice" role="alert"><b>It did not go through.</b> ${form.notice.replace(/[.!]?$/, '.')} Nothing you typed is lost; please send it again.</div>`}
${count > 0 && html`<div class="notice" role="alert"><b>Please look at ${count === 1 ? 'one field' : `${count} fields`} again.</b></div>`}
<input type="hidden" name="key" value="${form.key}">
${fields}
<p class="actions"><button class="button" type="submit">${button}</button></p>
</form>`;
}

export function errorOf(form: FormState, name: string): Piece {
  const error = form.errors[name];
  return error && html`<p class="error" id="${name}-error">${error}</p>`;
}
