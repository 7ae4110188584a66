import type { BadField, HttpReply, HttpRequest, Problem } from '@posthorn/http';
import { type Language, languageOf } from '../pages/page.language.js';
import { sendPage } from '../pages/page.view.js';
import { FORM_TEXTS } from './form-page.texts.js';
import { labelOf } from './form.data.js';
import type { Form } from './form.settings.js';

/** Scripts say that they want JSON; whoever says nothing of the kind is a person with a browser. */
export function wantsJson(request: HttpRequest): boolean {
  return /\bapplication\/(?:problem\+)?json\b/.test(request.headers.accept ?? '');
}

export function showThanks(form: Form, request: HttpRequest, reply: HttpReply): void {
  const language = languageFor(request, form);
  const { thanks, back } = FORM_TEXTS[language];
  sendPage(reply, 200, { language, ...thanks, siteName: form.siteName, link: { href: homeOf(form), text: back } });
}

/** What is to be said to a visitor, in their language. */
interface Words {
  title: string;
  body: string;
  list?: { field?: string; text: string }[];
}

/** For scripts: what became of the form, where it leads, and what to say about it. */
export function acceptedAnswer(form: Form, request: HttpRequest, { id, acceptedAt }: { id: string; acceptedAt: Date }): Record<string, unknown> {
  const { thanks } = form.settings;
  const visitor: Words = FORM_TEXTS[languageFor(request, form)].thanks;
  return { id, acceptedAt: acceptedAt.toISOString(), ...(thanks === undefined ? {} : { thanks }), visitor };
}

/** A problem with a form in the words of its visitor; for a script, the problem with these words. Without a form when that is the problem. */
export function showFormProblem(problem: Problem, request: HttpRequest, reply: HttpReply, form?: Form): void {
  const language = languageFor(request, form);
  const { title, body, list } = wordsFor(problem, language);
  if (wantsJson(request)) {
    void reply.code(problem.status).headers(problem.headers()).send(JSON.stringify({ ...problem.toJSON(), visitor: { title, body, list } }));
    return;
  }
  const { 'retry-after': retryAfter } = problem.headers();
  if (retryAfter !== undefined) reply.header('retry-after', retryAfter);
  const lines = list.map(({ field, text }) => (field === undefined ? text : `${labelIn(form, field)}: ${text}`));
  sendPage(reply, problem.status, {
    language,
    title,
    body,
    siteName: form?.siteName,
    list: [...new Set(lines)],
    link: form === undefined ? undefined : { href: wayBack(form, request), text: FORM_TEXTS[language].back },
  });
}

function wordsFor(problem: Problem, language: Language): Required<Words> {
  const { mistakes, failed, problems, rules, otherwise } = FORM_TEXTS[language];
  const list = problem.errors?.map(({ field, rule }) => ({ ...(field === undefined ? {} : { field }), text: rules[rule] ?? otherwise }));
  return { ...(problem.status === 422 ? mistakes : failed), list: list ?? [{ text: problems[problem.code] ?? problems['internal-error'] ?? problem.title }] };
}

function languageFor(request: HttpRequest, form: Form | undefined): Language {
  return languageOf(form?.settings.language ?? request.headers['accept-language']);
}

/** The same problem, telling of every mistake in which field of the form it was made. */
export function byFields(problem: Problem, { settings }: Form): Problem {
  if (problem.errors === undefined) return problem;
  const errors = problem.errors.flatMap((error): BadField[] => {
    const at = error.pointer.replace(/^\/data/, '');
    const mapped = Object.entries(settings.fields).filter(([, { to }]) => to === at || to.startsWith(`${at}/`) || at.startsWith(`${to}/`));
    const [first] = mapped;
    const field = first?.[0] ?? (at === '' ? undefined : at.split('/').at(-1));
    return [{ ...error, ...(field === undefined ? {} : { field }) }];
  });
  return problem.withErrors(errors);
}

function labelIn(form: Form | undefined, field: string): string {
  return form?.settings.fields[field]?.label ?? labelOf(field);
}

function homeOf({ settings }: Form): string {
  return settings.origins.find((origin) => origin !== 'null') ?? '/';
}

/** The page with the form, where the browser says which it was. */
function wayBack(form: Form, request: HttpRequest): string {
  const { referer } = request.headers;
  const origin = referer === undefined ? undefined : URL.parse(referer)?.origin;
  return referer !== undefined && origin !== undefined && form.settings.origins.includes(origin) ? referer : homeOf(form);
}
