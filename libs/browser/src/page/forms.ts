import { clear, placeOf, show } from './form.view.js';
import { newId } from './new.id.js';
import type { Fate, Sender } from './sender.js';

const FORMS = 'v1/forms/';
const purposeOf = (form: HTMLFormElement): string | undefined => form.getAttribute('data-posthorn-consent') ?? undefined;

/** Sends the page's forms without leaving the page; those that come later too. Without this they are posted plainly. */
export function enhanceForms(base: string, sender: Sender): void {
  const busy = new WeakSet<HTMLFormElement>();
  const tokens = new WeakMap<HTMLFormElement, string>();
  const sent = new WeakMap<HTMLFormElement, { content: string; id: string }>();

  const nameOf = (form: HTMLFormElement): string | undefined => {
    const address = base + FORMS;
    // As attributes: a field may be called "action".
    const { href } = new URL(form.getAttribute('action') ?? '', location.href);
    return form.getAttribute('data-posthorn') ?? (href.startsWith(address) ? href.slice(address.length) : undefined);
  };

  // Says when the form was opened, where somebody wants to know.
  addEventListener('focusin', ({ target }) => {
    const form = target instanceof Element ? target.closest('form') : null;
    const name = form ? nameOf(form) : undefined;
    if (!form || !name) return;
    placeOf(form);
    if (tokens.has(form) || !sender.isAllowed({ purpose: purposeOf(form) })) return;
    tokens.set(form, '');
    void fetch(`${base + FORMS + name}/token`, { credentials: 'omit' })
      .then((response) => (response.ok ? response.json() : {}))
      .then(({ token }: { token?: string }) => tokens.set(form, token ?? ''))
      .catch(() => tokens.delete(form));
  });

  addEventListener('submit', (event) => {
    const form = event.target;
    if (event.defaultPrevented || !(form instanceof HTMLFormElement)) return;
    const name = nameOf(form);
    const data = new FormData(form, event.submitter);
    // A file is not taken; posted plainly, the visitor is told so in their language.
    if (!name || [...data.values()].some((value) => value instanceof File && value.name)) return;
    event.preventDefault();
    if (busy.has(form)) return;
    busy.add(form);
    form.setAttribute('aria-busy', 'true');
    clear(form);
    const body = new URLSearchParams([...data].filter((field): field is [string, string] => typeof field[1] === 'string'));
    const content = body.toString();
    const before = sent.get(form);
    // The same words again, after an answer that never came, are the same event.
    const id = before?.content === content ? before.id : newId();
    sent.set(form, { content, id });
    if (!body.get('_idempotency')) body.set('_idempotency', id);
    const token = tokens.get(form);
    if (token) body.set('_t', token);
    let isFirst = true;
    sender.send(id, { path: FORMS + name, body: () => body.toString(), purpose: purposeOf(form) }, (fate: Fate) => {
      busy.delete(form);
      form.removeAttribute('aria-busy');
      if (fate.state === 'refused') sent.delete(form);
      const told = form.dispatchEvent(new CustomEvent(`posthorn:${fate.state}`, { bubbles: true, cancelable: true, detail: fate }));
      if (told) show(form, fate, isFirst);
      isFirst = false;
    });
  });
}
