import { textFor } from './form.texts.js';
import type { Answer, Fate } from './sender.js';

const marks = new WeakMap<HTMLFormElement, (() => void)[]>();
const places = new WeakMap<HTMLFormElement, HTMLElement>();
let errors = 0;

/** Shows what became of a form, to eyes and to screen readers. Texts only, never markup; and no styles. */
export function show(form: HTMLFormElement, fate: Fate, isFirst: boolean): void {
  clear(form);
  const place = placeOf(form);
  if (fate.state === 'accepted') {
    thank(form, place, fate.answer);
  } else if (fate.state === 'refused') {
    showMistakes(form, place, fate.answer);
  } else {
    say(place, [textFor(form, fate.state === 'kept' && !fate.stored ? 'unsafe' : fate.state)]);
    if (isFirst) place.focus();
  }
}

function thank(form: HTMLFormElement, place: HTMLElement, { visitor, thanks }: Answer): void {
  const own = form.getAttribute('data-posthorn-thanks') ?? thanks;
  const shown = own?.startsWith('#') ? document.getElementById(own.slice(1)) : null;
  if (own && !shown) {
    const { protocol, href } = new URL(own, location.href);
    if (/^https?:$/.test(protocol)) {
      location.assign(href);
      return;
    }
  }
  HTMLFormElement.prototype.reset.call(form);
  form.hidden = true;
  if (shown) {
    shown.hidden = false;
    shown.tabIndex = -1;
    shown.focus();
    return;
  }
  say(place, visitor ? [visitor.title, visitor.body] : []);
  place.focus();
}

function showMistakes(form: HTMLFormElement, place: HTMLElement, { visitor }: Answer): void {
  const list = visitor?.list ?? [];
  const fields = list.map(({ field, text }) => ({ text, input: field ? inputOf(form, field) : undefined }));
  say(place, [visitor ? visitor.title : textFor(form, 'failed'), ...fields.flatMap(({ text, input }) => (input ? [] : [text]))]);
  for (const { text, input } of fields) if (input) mark(form, input, text);
  (fields.find(({ input }) => input)?.input ?? place).focus();
}

/** The first of its name: several boxes may have it. */
function inputOf(form: HTMLFormElement, name: string): HTMLElement | undefined {
  const input = [...form.elements].find((element) => element.getAttribute('name') === name);
  return input instanceof HTMLElement && input.getAttribute('type') !== 'hidden' ? input : undefined;
}

function mark(form: HTMLFormElement, input: HTMLElement, text: string): void {
  const note = document.createElement('span');
  note.className = 'posthorn-error';
  note.id = `posthorn-error-${(errors += 1)}`;
  note.textContent = text;
  const described = input.getAttribute('aria-describedby');
  input.setAttribute('aria-invalid', 'true');
  input.setAttribute('aria-describedby', described ? `${described} ${note.id}` : note.id);
  input.after(note);
  marks.get(form)?.push(() => {
    note.remove();
    input.removeAttribute('aria-invalid');
    if (described) input.setAttribute('aria-describedby', described);
    else input.removeAttribute('aria-describedby');
  });
}

export function clear(form: HTMLFormElement): void {
  marks.get(form)?.forEach((undo) => undo());
  marks.set(form, []);
  places.get(form)?.replaceChildren();
}

// There before anything is said in it: screen readers watch only what they know.
export function placeOf(form: HTMLFormElement): HTMLElement {
  const known = places.get(form);
  if (known) return known;
  const place = document.createElement('div');
  place.className = 'posthorn-status';
  place.setAttribute('role', 'status');
  place.tabIndex = -1;
  form.before(place);
  places.set(form, place);
  return place;
}

function say(place: HTMLElement, lines: string[]): void {
  place.replaceChildren(
    ...lines.map((line) => {
      const paragraph = document.createElement('p');
      paragraph.textContent = line;
      return paragraph;
    }),
  );
}
