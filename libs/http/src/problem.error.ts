/** One wrong field: where (JSON pointer into the body), which rule, and what to do about it. */
export interface BadField {
  pointer: string;
  rule: string;
  message: string;
  /** The field of the form it was typed into, where it came by one. */
  field?: string;
}

export interface ProblemOptions {
  status: number;
  /** Stable, kebab-case; the last part of the type URI. */
  code: string;
  title: string;
  /** What went wrong this time, and the remedy. Never quotes personal data. */
  detail?: string;
  errors?: BadField[];
  retryAfterSeconds?: number;
  headers?: Record<string, string>;
  /** Members of its own, as RFC 9457 allows. */
  members?: Record<string, string>;
  cause?: unknown;
}

const TYPE_BASE = 'https://posthorn.dev/problems/';

/** Thrown anywhere below HTTP, it becomes an RFC 9457 `application/problem+json` answer. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly detail: string | undefined;
  readonly errors: BadField[] | undefined;
  readonly retryAfterSeconds: number | undefined;
  private readonly extraHeaders: Record<string, string>;

  constructor(private readonly options: ProblemOptions) {
    super(options.detail ?? options.title, { cause: options.cause });
    this.status = options.status;
    this.code = options.code;
    this.title = options.title;
    this.detail = options.detail;
    this.errors = options.errors;
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.extraHeaders = options.headers ?? {};
  }

  /** The same problem with more members. */
  extendedBy(members: Record<string, string>): Problem {
    return new Problem({ ...this.options, members: { ...this.options.members, ...members } });
  }

  /** The same problem, with its mistakes told in another way. */
  withErrors(errors: BadField[]): Problem {
    return new Problem({ ...this.options, errors });
  }

  headers(): Record<string, string> {
    const retry = this.retryAfterSeconds;
    return {
      'content-type': 'application/problem+json; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      ...this.extraHeaders,
      ...(retry === undefined ? {} : { 'retry-after': String(retry) }),
    };
  }

  toJSON(): Record<string, unknown> {
    return {
      type: TYPE_BASE + this.code,
      title: this.title,
      status: this.status,
      code: this.code,
      ...(this.detail === undefined ? {} : { detail: this.detail }),
      ...(this.errors === undefined ? {} : { errors: this.errors }),
      ...this.options.members,
    };
  }
}
