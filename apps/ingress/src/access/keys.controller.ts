import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Post, Query, Req } from '@nestjs/common';
import { contractIssues } from '@posthorn/contracts';
import { type ApiKey, Caller, type HttpRequest, KEY_KINDS, RequireKey, RequireScope } from '@posthorn/http';
import { z } from 'zod';
import { mediaTypeOf, unsupportedMediaType } from '../accepting/media.type.js';
import { MANAGE_KEYS, newKey } from './key.rights.js';
import { KeyStore } from './key.store.js';
import { declaredView, type KeyView, viewOf } from './key.view.js';
import { DECLARED_ACCESS, type DeclaredAccess, invalidKey, KeysService } from './keys.service.js';

const PAGE = 500;
const rotation = z.strictObject({ overlapHours: z.number().min(0).max(8_760).default(24) });
const selection = z.strictObject({ site: z.string().max(100).optional(), kind: z.enum(KEY_KINDS).optional(), after: z.string().max(100).optional() });

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
  @RequireScope(MANAGE_KEYS)
  async create(@Req() request: HttpRequest, @Caller() caller: ApiKey): Promise<{ id: string; kind: string; secret: string }> {
    const key = read(newKey, jsonOf(request));
    const { secret } = await this.keys.create(key, caller.id);
    return { id: key.id, kind: key.kind, secret };
  }

  /** Those of posthorn.yaml stand on the first page. */
  @Get()
  @RequireScope(MANAGE_KEYS)
  async list(@Query() query: Record<string, unknown>): Promise<{ keys: KeyView[]; next: string | null }> {
    const { site, kind, after } = read(selection, query);
    const rows = await this.store.list({ site, kind, after, limit: PAGE + 1 });
    const made = rows.slice(0, PAGE).map((row) => viewOf(row));
    const declared = after === undefined ? this.declared.keys.filter((key) => (site ?? key.site) === key.site && (kind ?? key.kind) === key.kind).map(declaredView) : [];
    return { keys: [...declared, ...made], next: rows.length > PAGE ? (made.at(-1)?.id ?? null) : null };
  }

  @Post(':id/rotate')
  @HttpCode(200)
  @RequireScope(MANAGE_KEYS)
  async rotate(@Param('id') id: string, @Body() body: unknown, @Caller() caller: ApiKey): Promise<{ id: string; secret: string; earlierUntil: string }> {
    const { overlapHours } = read(rotation, body ?? {});
    const { secret, earlierUntil } = await this.keys.rotate(id, overlapHours, caller.id);
    return { id, secret, earlierUntil: earlierUntil.toISOString() };
  }

  @Delete(':id')
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
