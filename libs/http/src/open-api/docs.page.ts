import { hash } from 'node:crypto';
import { DOCS_STYLE } from './docs.style.js';
import { escapeHtml } from '../escape.html.js';
import { curlOf } from './example.curl.js';
import { HEALTH_TAG } from './health.operations.js';
import type { DocumentedOperation, DocumentedResponse, OpenApiDocument } from './open-api.document.js';
import type { Example, JsonSchema } from './operation.js';
import { anchorOf, headOf, schemaView } from './schema.view.js';

/** Nothing runs and nothing is loaded. */
export const PAGE_POLICY = `default-src 'none'; style-src 'sha256-${hash('sha256', DOCS_STYLE, 'base64')}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

interface Entry {
  method: string;
  path: string;
  operation: DocumentedOperation;
}

/** The document as a page that needs nothing but a browser. */
export function docsPage(document: OpenApiDocument): string {
  const { info, tags, components } = document;
  const entries = Object.entries(document.paths).flatMap(([path, methods]) => Object.entries(methods).map(([method, operation]): Entry => ({ method: method.toUpperCase(), path, operation })));
  // What a service is for comes first; what every service has, last.
  const names = tags.map(({ name }) => name).sort((a, b) => Number(a === HEALTH_TAG) - Number(b === HEALTH_TAG));
  const parts = names.map((name) => ({ name, entries: entries.filter(({ operation }) => operation.tags.includes(name)) }));
  const { address, key } = info['x-variables'];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<title>${escapeHtml(info.title)}</title>
<style>${DOCS_STYLE}</style>
</head>
<body>
<nav aria-label="Contents"><a href="#top"><strong>${escapeHtml(info.title)}</strong></a>${parts.map(contentsOf).join('')}<h2>Schemas</h2>${Object.keys(components['schemas'] ?? {}).map((name) => `<a href="#${escapeHtml(anchorOf(name))}">${escapeHtml(name)}</a>`).join('')}</nav>
<main id="top">
<h1>${escapeHtml(info.title)}</h1>
<p class="about">${escapeHtml(info.description)}</p>
<p>For programs: <a href="openapi.json">openapi.json</a> (OpenAPI ${document.openapi}). The examples run with <code>$${address}</code>, the address of this service, and <code>$${key}</code>, a key:</p>
<pre><code>export ${address}=https://… ${key}=ph_…</code></pre>
${parts.map((part) => `<h2>${escapeHtml(part.name)}</h2>${part.entries.map((entry) => articleOf(entry, document)).join('\n')}`).join('\n')}
<h2 id="every-request">What every request can be answered</h2>
<article>${table(Object.entries(components['responses'] ?? {}).map(([name, response]) => answerOf(name.replace(/\D/g, ''), response)))}</article>
<h2>Schemas</h2>
${Object.entries(components['schemas'] ?? {}).map(([name, schema]) => `<article id="${escapeHtml(anchorOf(name))}"><h3>${escapeHtml(name)}</h3>${schemaView(schema)}</article>`).join('\n')}
</main>
</body>
</html>
`;
}

function contentsOf({ name, entries }: { name: string; entries: readonly Entry[] }): string {
  return `<h2>${escapeHtml(name)}</h2>${entries.map(({ method, path, operation }) => `<a href="#${operation.operationId}">${verb(method)}<span>${escapeHtml(path).replaceAll('/', '<wbr>/')}</span></a>`).join('')}`;
}

function articleOf({ method, path, operation }: Entry, { info }: OpenApiDocument): string {
  const { operationId, summary, description, security, parameters, requestBody, responses } = operation;
  const needsKey = security.length > 0;
  const scope = operation['x-scope'];
  const examples = operation['x-examples'] ?? [];
  return `<article id="${operationId}"><h3><a href="#${operationId}">${verb(method)} ${escapeHtml(path)}</a></h3>
<p class="summary">${escapeHtml(summary)}</p>
${description === undefined ? '' : `<p class="about">${escapeHtml(description)}</p>`}
<p class="key">${needsKey ? `Needs a key${scope === undefined ? '' : ` with the scope <code>${escapeHtml(scope)}</code>`}.` : 'Needs no key.'}</p>
${parameters.length === 0 ? '' : `<h4>Parameters</h4>${table(parameters.map(({ name, in: place, required, description: about = '', schema }) => [`<code>${escapeHtml(name)}</code>`, `${place}${required ? ', required' : ''}`, `${escapeHtml(about)} ${headOf(schema)}`]))}`}
${requestBody === undefined ? '' : `<h4>Body${requestBody.required ? '' : ' (may be left out)'}</h4>${bodiesOf(requestBody.content)}`}
${examples.map((example) => exampleOf(example, { method, path, needsKey, variables: info['x-variables'] })).join('')}
<h4>Answers</h4>
${table(answersOf(responses))}
</article>`;
}

function exampleOf(example: Example, asked: Parameters<typeof curlOf>[0]): string {
  const answer = example.answer === undefined ? '' : `\n\n${typeof example.answer === 'string' ? example.answer : JSON.stringify(example.answer, null, 2)}`;
  return `<h4>${escapeHtml(example.title)}</h4><pre><code>${escapeHtml(curlOf(asked, example))}</code></pre><pre><code>${escapeHtml(`${example.status}${answer}`)}</code></pre>`;
}

/** What every request can be answered stands once, at the end of the page. */
function answersOf(responses: Record<string, DocumentedResponse>): string[][] {
  const all = Object.entries(responses);
  const common = all.filter(([, { $ref }]) => $ref !== undefined).map(([status]) => `<code>${escapeHtml(status)}</code>`);
  return [...all.filter(([, { $ref }]) => $ref === undefined).map(([status, response]) => answerOf(status, response)), ...(common.length === 0 ? [] : [['', `<a href="#every-request">As to every request:</a> ${common.join(' ')}`]])];
}

function answerOf(status: string, { description = '', headers = {}, content = {} }: DocumentedResponse): string[] {
  const codes = codesIn(content['application/problem+json']?.schema);
  const others = Object.fromEntries(Object.entries(content).filter(([type]) => type !== 'application/problem+json'));
  return [
    `<code${Number(status) >= 400 ? ' class="bad"' : ''}>${escapeHtml(status)}</code>`,
    [
      escapeHtml(description),
      ...Object.entries(headers).map(([name, header]) => `<br><code>${escapeHtml(name)}</code> ${escapeHtml(header.description)}`),
      codes.length === 0 ? '' : `<br>${codes.map((one) => `<code>${escapeHtml(one)}</code>`).join(' ')}`,
      bodiesOf(others),
    ].join(''),
  ];
}

function codesIn(schema: JsonSchema | undefined): string[] {
  const { allOf = [] } = (schema ?? {}) as { allOf?: { properties?: { code?: { enum?: string[] } } }[] };
  return allOf.flatMap(({ properties }) => properties?.code?.enum ?? []);
}

const bodiesOf = (content: Record<string, { schema: JsonSchema }>): string => Object.entries(content).map(([type, { schema }]) => `<details><summary><code>${escapeHtml(type)}</code></summary>${schemaView(schema)}</details>`).join('');

const verb = (method: string): string => `<b class="${method.toLowerCase()}">${method}</b>`;

const table = (rows: readonly (readonly string[])[]): string => `<table>${rows.map((cells) => `<tr>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`).join('')}</table>`;
