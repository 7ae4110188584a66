import type { BadField, HttpReply, HttpRequest, Problem } from '@posthorn/http';
import { languageOf } from '../pages/page.language.js';
import { sendPage } from '../pages/page.view.js';
import { FORM_TEXTS } from './form-page.texts.js';
import { labelOf } from './form.data.js';
import type { Form } from './form.settings.js';

/** Scripts say that they want JSON; whoever says nothing of the kind is a person with a browser. */
export function wantsJson(request: HttpRequest): boolean {
  return /\bapplication\/(?:problem\+)?json\b/.test(request.headers.accept ?? '');
}

export function showThanks(form: Form, request: HttpRequest, reply: HttpReply): void {
  const language = languageOf(form.settings.language ?? request.headers['accept-language']);
  const { thanks, back } = FORM_TEXTS[language];
  sendPage(reply, 200, { language, ...thanks, siteName: form.siteName, link: { href: homeOf(form), text: back } });
}

/** A problem with a form in the words of its visitor, or as it is for a script. Without a form when that is the problem. */
export function showFormProblem(problem: Problem, request: HttpRequest, reply: HttpReply, form?: Form): void {
  if (wantsJson(request)) {
    void reply.code(problem.status).headers(problem.headers()).send(JSON.stringify(problem));
    return;
  }
  const language = languageOf(form?.settings.language ?? request.headers['accept-language']);
  const texts = FORM_TEXTS[language];
  const { mistakes, failed, problems, rules, otherwise } = texts;
  const { 'retry-after': retryAfter } = problem.headers();
  if (retryAfter !== undefined) reply.header('retry-after', retryAfter);
  const list =
    problem.errors === undefined
      ? [problems[problem.code] ?? problems['internal-error'] ?? problem.title]
      : problem.errors.map(({ field, rule }) => `${field === undefined ? '' : `${labelIn(form, field)}: `}${rules[rule] ?? otherwise}`);
  sendPage(reply, problem.status, {
    language,
    ...(problem.status === 422 ? mistakes : failed),
    siteName: form?.siteName,
    list: [...new Set(list)],
    link: form === undefined ? undefined : { href: wayBack(form, request), text: texts.back },
  });
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
