import { AnswerJudge } from './answer.judge.js';
import { type DescribedApi, type DescribedExample, type DescribedOperation, type Place, placesOf, requestOf } from './described.api.js';

export interface ExampleRun {
  /** Where the service is. */
  url: string;
  keyFor: (operation: DescribedOperation) => string;
  /** What stands in the examples, and what is there: ids, cursors. */
  values?: Record<string, string> | ((operation: DescribedOperation) => Record<string, string>);
  /** Titles of those that need a world that a test does not have. */
  except?: readonly string[];
}

/** The document of a running service. */
export async function documentOf(url: string): Promise<DescribedApi> {
  const answer = await fetch(`${url}/openapi.json`);
  if (answer.status !== 200) throw new Error(`${url}/openapi.json was answered ${answer.status}`);
  return (await answer.json()) as DescribedApi;
}

/** Sends every example of a document; answers what is not as it says, what has no example, routes that are not described, and what is not valid OpenAPI. */
export async function runExamples({ url, keyFor, values = {}, except = [] }: ExampleRun): Promise<string[]> {
  const document = await documentOf(url);
  const judge = new AnswerJudge(document);
  // It takes half a second to load, which only tests of documents have to wait for.
  const { Validator } = await import('@seriousme/openapi-schema-validator');
  const { valid, errors } = await new Validator().validate({ ...document });
  const complaints = (document['x-undescribed'] ?? []).map((route) => `${route} is not described: give its handler @Describe()`);
  if (!valid) complaints.push(`it is not valid OpenAPI: ${JSON.stringify(errors).slice(0, 500)}`);
  for (const place of placesOf(document)) {
    const { method, path, operation } = place;
    const examples = operation['x-examples'] ?? [];
    if (examples.length === 0) complaints.push(`${method} ${path} has no example`);
    for (const example of examples.filter(({ title }) => !except.includes(title))) {
      const said = await send({ place, example: replaced(example, typeof values === 'function' ? values(operation) : values), url, key: operation.security.length > 0 ? keyFor(operation) : undefined });
      const told = said.status === example.status ? judge.complaintsAbout(said) : [`was answered ${said.status}, not ${example.status}: ${said.body.slice(0, 300)}`];
      complaints.push(...told.map((complaint) => `${method} ${path}, "${example.title}": ${complaint}`));
    }
  }
  return complaints;
}

async function send({ place, example, url, key }: { place: Place; example: DescribedExample; url: string; key: string | undefined }): Promise<Parameters<AnswerJudge['complaintsAbout']>[0]> {
  const { url: address, ...request } = requestOf(place, example);
  const headers = { ...(key === undefined ? {} : { authorization: `Bearer ${key}` }), ...request.headers };
  const answer = await fetch(url + address, { ...request, headers, redirect: 'manual' });
  return { method: request.method, path: address.split('?', 1)[0] ?? '', status: answer.status, contentType: answer.headers.get('content-type') ?? undefined, body: await answer.text() };
}

function replaced(example: DescribedExample, values: Record<string, string>): DescribedExample {
  let text = JSON.stringify(example);
  for (const [shown, real] of Object.entries(values)) text = text.replaceAll(JSON.stringify(shown).slice(1, -1), () => JSON.stringify(real).slice(1, -1));
  return JSON.parse(text) as DescribedExample;
}
