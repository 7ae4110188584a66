import 'reflect-metadata';
import { Body, Controller, Get, Module, Param, Post, Query } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Validator } from '@seriousme/openapi-schema-validator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createHttpApp, Describe, KeyRing, keySha256, RequireKey, RequireScope, shutDown } from '../index.js';
import { curlOf } from './example.curl.js';
import type { OpenApiDocument } from './open-api.document.js';

const thing = z.object({ name: z.string().max(20), size: z.int().min(1).optional(), at: z.iso.datetime().transform((text) => new Date(text)) });
const query = z.strictObject({ limit: z.string().transform(Number).default(10).describe('Of a page') });

@Controller('things')
@RequireKey()
class ThingsController {
  @Post()
  @Describe({
    tag: 'Things',
    summary: 'Makes a <thing>',
    body: { 'application/json': thing },
    answers: { 201: { about: 'It is made.', content: { 'application/json': z.object({ ok: z.boolean() }) } } },
    problems: { 409: ['thing-exists'] },
    examples: [{ title: "Ada's", body: { name: "Ada's" }, status: 201 }],
  })
  @RequireScope('things:make')
  make(@Body() body: unknown) {
    return { ok: body !== undefined };
  }

  @Get(':id')
  @Describe({ tag: 'Things', summary: 'Shows one', path: { id: { about: 'Its id.', schema: z.string().max(5) } }, query, answers: { 200: { about: 'It.', content: { 'application/json': thing } } } })
  show(@Param('id') id: string, @Query() parameters: unknown) {
    return { id, parameters };
  }

  @Get()
  silent() {
    return {};
  }
}

@Module({ controllers: [ThingsController], providers: [{ provide: KeyRing, useValue: new KeyRing({ keys: [{ id: 'a', sha256: keySha256('key'), scopes: [] }] }) }] })
class ThingsModule {}

let app: NestFastifyApplication;
let url: string;
beforeAll(async () => {
  app = await createHttpApp(ThingsModule, { logger: false, api: { title: 'Things', about: 'About <b>things</b>.', variables: { address: 'THINGS', key: 'KEY' }, schemas: { Extra: z.string() } } });
  await app.listen(0, '127.0.0.1');
  url = await app.getUrl();
});
afterAll(() => shutDown(app));

const documentNow = async () => (await (await fetch(`${url}/openapi.json`)).json()) as OpenApiDocument;
const responsesOf = async (method: string, path: string) => (await documentNow()).paths[path]![method]!.responses;

describe('/openapi.json', () => {
  it('is valid OpenAPI 3.1, to a validator that is not ours', async () => {
    const { valid, errors } = await new Validator().validate({ ...(await documentNow()) });
    expect([valid, errors]).toEqual([true, undefined]);
  });

  it('describes what was described, by the schemas that parse, and names what was not', async () => {
    const { paths, 'x-undescribed': undescribed } = await documentNow();
    expect(undescribed).toEqual(['GET /things']);
    expect(Object.keys(paths).sort()).toEqual(['/docs', '/openapi.json', '/things', '/things/{id}']);
    expect(Object.keys(paths['/things']!)).toEqual(['post']);
    expect(paths['/things']!['post']).toMatchObject({ security: [{ key: [] }], 'x-scope': 'things:make' });
    expect(paths['/things']!['post']!.requestBody!.content['application/json']!.schema).toMatchObject({ properties: { name: { maxLength: 20 }, at: { format: 'date-time' } }, required: ['name', 'at'] });
    expect(paths['/things/{id}']!['get']!.parameters).toEqual([
      { name: 'id', in: 'path', required: true, description: 'Its id.', schema: { type: 'string', maxLength: 5 } },
      { name: 'limit', in: 'query', required: false, description: 'Of a page', schema: { type: 'string' } },
    ]);
  });

  it('lists the codes that a route can answer, those of its nature and those of its own', async () => {
    const post = await responsesOf('post', '/things');
    expect(JSON.stringify(post['409'])).toContain('thing-exists');
    expect(JSON.stringify(post['400'])).toContain('malformed-json');
    expect(JSON.stringify(post['403'])).toContain('scope-missing');
    expect(JSON.stringify((await responsesOf('get', '/things/{id}'))['400'])).not.toContain('malformed-json');
    expect(await responsesOf('get', '/docs')).not.toHaveProperty('401');
  });

  it('is not sent again to who knows it', async () => {
    const first = await fetch(`${url}/openapi.json`);
    expect(first.headers.get('cache-control')).toBe('public, max-age=300');
    const again = await fetch(`${url}/openapi.json`, { headers: { 'if-none-match': first.headers.get('etag')! } });
    expect([again.status, await again.text()]).toEqual([304, '']);
  });
});

describe('/docs', () => {
  it('is a page that runs and loads nothing, with every operation and its examples as curl', async () => {
    const answer = await fetch(`${url}/docs`);
    const page = await answer.text();
    expect(answer.headers.get('content-security-policy')).toMatch(/^default-src 'none'; style-src 'sha256-[^ ]+'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'$/);
    expect(page).not.toMatch(/<script|<link|<img|\sstyle=|\son\w+=/);
    for (const id of Object.values((await documentNow()).paths).flatMap((methods) => Object.values(methods)).map(({ operationId }) => operationId)) expect(page).toContain(`<article id="${id}">`);
    expect(page).toContain('curl &#34;$THINGS/things&#34; \\');
  });

  it('shows text as text', async () => {
    const page = await (await fetch(`${url}/docs`)).text();
    expect(page).toContain('Makes a &#60;thing&#62;');
    expect(page).not.toContain('<thing>');
    expect(page).not.toContain('<b>things</b>');
  });
});

describe('an example', () => {
  it('is a command that a shell takes as it is', () => {
    const asked = { method: 'POST', path: '/things/{id}', needsKey: true, variables: { address: 'THINGS', key: 'KEY' } };
    expect(curlOf(asked, { title: '', path: { id: 'a b' }, query: { q: 'x&y' }, body: { name: "Ada's" }, status: 201 })).toBe(
      `curl "$THINGS/things/a%20b?q=x%26y" \\\n  -H "Authorization: Bearer $KEY" \\\n  -H "Content-Type: application/json" \\\n  -d '{"name":"Ada'\\''s"}'`,
    );
    expect(curlOf({ ...asked, method: 'DELETE', needsKey: false }, { title: '', path: { id: '1' }, status: 200 })).toBe('curl -X DELETE "$THINGS/things/1"');
  });
});
