import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Post, Query, Req } from '@nestjs/common';
import { contractIssues } from '@posthorn/contracts';
import { Describe, type ApiKey, Caller, type HttpRequest, RequireKey, RequireScope } from '@posthorn/http';
import type { z } from 'zod';
import { mediaTypeOf, unsupportedMediaType } from '../accepting/media.type.js';
import { MANAGE_KEYS, newKey } from './key.rights.js';
import { KeyStore } from './key.store.js';
import { declaredView, type KeyView, viewOf } from './key.view.js';
import { DECLARED_ACCESS, type DeclaredAccess, invalidKey, KeysService } from './keys.service.js';
import { CREATE_KEY, LIST_KEYS, REVOKE_KEY, ROTATE_KEY } from './keys.openapi.js';
import { keyRotation, keySelection } from './keys.query.js';

const PAGE = 500;

/** `/v1/keys`: operators make, list, exchange and revoke keys. */
@Controller('v1/keys')
@RequireKey()
export class KeysController {
  constructor(
    private readonly keys: KeysService,
    private readonly store: KeyStore,
    @Inject(DECLARED_ACCESS) private readonly declared: DeclaredAccess,
  ) {}

  @Post()
  @Describe(CREATE_KEY)
  @RequireScope(MANAGE_KEYS)
  async create(@Req() request: HttpRequest, @Caller() caller: ApiKey): Promise<{ id: string; kind: string; secret: string }> {
    const key = read(newKey, jsonOf(request));
    const { secret } = await this.keys.create(key, caller.id);
    return { id: key.id, kind: key.kind, secret };
  }

  /** Those of posthorn.yaml stand on the first page. */
  @Get()
  @Describe(LIST_KEYS)
  @RequireScope(MANAGE_KEYS)
  async list(@Query() query: Record<string, unknown>): Promise<{ keys: KeyView[]; next: string | null }> {
    const { site, kind, after } = read(keySelection, query);
    const rows = await this.store.list({ site, kind, after, limit: PAGE + 1 });
    const made = rows.slice(0, PAGE).map((row) => viewOf(row));
    const declared = after === undefined ? this.declared.keys.filter((key) => (site ?? key.site) === key.site && (kind ?? key.kind) === key.kind).map(declaredView) : [];
    return { keys: [...declared, ...made], next: rows.length > PAGE ? (made.at(-1)?.id ?? null) : null };
  }

  @Post(':id/rotate')
  @Describe(ROTATE_KEY)
  @HttpCode(200)
  @RequireScope(MANAGE_KEYS)
  async rotate(@Param('id') id: string, @Body() body: unknown, @Caller() caller: ApiKey): Promise<{ id: string; secret: string; earlierUntil: string }> {
    const { overlapHours } = read(keyRotation, body ?? {});
    const { secret, earlierUntil } = await this.keys.rotate(id, overlapHours, caller.id);
    return { id, secret, earlierUntil: earlierUntil.toISOString() };
  }

  @Delete(':id')
  @Describe(REVOKE_KEY)
  @RequireScope(MANAGE_KEYS)
  async revoke(@Param('id') id: string, @Caller() caller: ApiKey): Promise<{ id: string; state: 'revoked' }> {
    await this.keys.revoke(id, caller.id);
    return { id, state: 'revoked' };
  }
}

function jsonOf({ headers, body }: HttpRequest): unknown {
  if (mediaTypeOf(headers['content-type']) !== 'application/json') throw unsupportedMediaType('Send application/json.');
  return body;
}

function read<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw invalidKey(contractIssues(parsed.error.issues, value));
}
