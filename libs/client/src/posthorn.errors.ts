/** One wrong field: where (a JSON pointer into the event), which rule, and what to do about it. */
export interface BadField {
  pointer: string;
  rule: string;
  message: string;
}

/** Posthorn has refused something, and says why (RFC 9457). To send the same again would change nothing. */
export class PosthornProblem extends Error {
  override readonly name = 'PosthornProblem';
  readonly type: string;
  readonly title: string;
  readonly detail: string | undefined;
  /** Stable: what a program may decide by. `unreadable-answer` when something else than Posthorn has answered. */
  readonly code: string;
  readonly errors: readonly BadField[];
  /** Where a refused event is kept, so that it can be sent once more when what was wrong is mended. */
  readonly quarantineId: string | undefined;

  constructor(
    readonly status: number,
    body: unknown,
  ) {
    const members = isObject(body) ? body : {};
    const text = (name: string): string | undefined => (typeof members[name] === 'string' ? members[name] : undefined);
    const title = text('title') ?? `Answered with the status ${status}`;
    const detail = text('detail');
    super(detail === undefined ? title : `${title}: ${detail}`);
    this.title = title;
    this.detail = detail;
    this.type = text('type') ?? 'about:blank';
    this.code = text('code') ?? 'unreadable-answer';
    this.quarantineId = text('quarantineId');
    this.errors = Array.isArray(members['errors']) ? (members['errors'] as unknown[]).filter(isBadField) : [];
  }
}

/** Nobody has answered in all the time there was. The event may have been accepted: send it again under the same key. */
export class PosthornUnreachable extends Error {
  override readonly name = 'PosthornUnreachable';

  constructor(
    /** Under which it is safe to send again. */
    readonly idempotencyKey: string | undefined,
    readonly attempts: number,
    cause: unknown,
  ) {
    super(`Posthorn did not take it in ${attempts} ${attempts === 1 ? 'attempt' : 'attempts'}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isBadField(value: unknown): value is BadField {
  return isObject(value) && ['pointer', 'rule', 'message'].every((name) => typeof value[name] === 'string');
}
