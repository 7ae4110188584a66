import { Inject, Injectable, Logger } from '@nestjs/common';
import { createEvent, eventSubject, OWN_SITE, type EventData } from '@posthorn/contracts';
import { type ApiKeyEntry, keySha256, newKeySecret, Problem } from '@posthorn/http';
import { Ledger } from '@posthorn/ledger';
import { currentTraceparent } from '@posthorn/observability';
import { Database, type Transaction } from '@posthorn/persistence';
import { type NewKey, rightsOf } from './key.rights.js';
import { KeyStore, type KeySummary } from './key.store.js';
import { KeyWatch } from './key.watch.js';

/** Of the configuration: whose names are taken, and for which sites there can be keys. */
export const DECLARED_ACCESS = Symbol('DECLARED_ACCESS');
export interface DeclaredAccess {
  keys: readonly ApiKeyEntry[];
  sites: readonly string[];
}

type AccessEventType = 'access.key_created' | 'access.key_rotated' | 'access.key_revoked';

/** Makes, exchanges and revokes keys. Every change is an event of ours, in the ledger with the same commit. */
@Injectable()
export class KeysService {
  private readonly logger = new Logger(KeysService.name);

  constructor(
    private readonly database: Database,
    private readonly store: KeyStore,
    private readonly watch: KeyWatch,
    private readonly ledger: Ledger,
    @Inject(DECLARED_ACCESS) private readonly declared: DeclaredAccess,
  ) {}

  /** The secret is in the answer and nowhere else, ever. */
  async create(key: NewKey, actor: string): Promise<{ secret: string }> {
    this.mustBePossible(key);
    const secret = newKeySecret(key.kind);
    await this.change(async (tx) => {
      if (this.isDeclared(key.id) || (await this.store.find(tx, key.id)) !== undefined) throw keyExists();
      await this.store.insert(tx, key, actor);
      await this.store.insertSecret(tx, key.id, keySha256(secret));
      const { id, kind, expiresAt } = key;
      await this.say(tx, 'site' in key ? key.site : undefined, 'access.key_created', { key: id, kind, actor, ...withoutUndefined(rightsOf(key)), expiresAt: expiresAt?.toISOString() });
    });
    this.logger.log({ key: key.id, kind: key.kind, actor }, 'A key was made');
    return { secret };
  }

  /** A new secret; the earlier ones count for so long yet, and no longer than they would have. */
  async rotate(id: string, overlapHours: number, actor: string): Promise<{ secret: string; earlierUntil: Date }> {
    const made = await this.change(async (tx) => {
      const { kind, site } = await this.counting(tx, id);
      const secret = newKeySecret(kind);
      const earlierUntil = await this.store.endSecrets(tx, id, overlapHours);
      await this.store.insertSecret(tx, id, keySha256(secret));
      await this.say(tx, site ?? undefined, 'access.key_rotated', { key: id, kind, actor, earlierUntil: earlierUntil.toISOString() });
      return { secret, earlierUntil };
    });
    this.logger.log({ key: id, actor, earlierUntil: made.earlierUntil }, 'A key was rotated');
    return made;
  }

  /** To repeat it does no harm. */
  async revoke(id: string, actor: string): Promise<void> {
    await this.change(async (tx) => {
      const { kind, site, revokedAt } = await this.known(tx, id);
      if (revokedAt !== null) return;
      await this.store.revoke(tx, id);
      await this.say(tx, site ?? undefined, 'access.key_revoked', { key: id, kind, actor });
    });
    this.logger.log({ key: id, actor }, 'A key was revoked');
  }

  private async change<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    const result = await this.database.transaction(async (tx) => {
      await this.store.announce(tx);
      return work(tx);
    });
    await this.watch.refresh();
    return result;
  }

  private async say<T extends AccessEventType>(tx: Transaction, site: string | undefined, type: T, data: EventData<T>): Promise<void> {
    const envelope = createEvent({ site: site ?? OWN_SITE, type, data, source: '/keys', traceparent: currentTraceparent() });
    await this.ledger.append(tx, [{ envelope, subject: eventSubject(envelope.site, type) }]);
  }

  private async known(tx: Transaction, id: string): Promise<KeySummary> {
    const key = await this.store.find(tx, id);
    if (key !== undefined) return key;
    throw this.isDeclared(id) ? keyDeclared() : keyNotFound();
  }

  private async counting(tx: Transaction, id: string): Promise<KeySummary> {
    const key = await this.known(tx, id);
    if (key.revokedAt !== null || (key.expiresAt !== null && key.expiresAt.getTime() <= Date.now())) throw keyEnded();
    return key;
  }

  private isDeclared(id: string): boolean {
    return this.declared.keys.some((key) => key.id === id);
  }

  private mustBePossible(key: NewKey): void {
    const errors = [];
    if ('site' in key && !this.declared.sites.includes(key.site)) errors.push({ pointer: '/site', rule: 'unknown_site', message: 'is not a site of posthorn.yaml' });
    if (key.expiresAt !== undefined && key.expiresAt.getTime() <= Date.now()) errors.push({ pointer: '/expiresAt', rule: 'past', message: 'must lie in the future' });
    if (errors.length > 0) throw invalidKey(errors);
  }
}

export function invalidKey(errors: { pointer: string; rule: string; message: string }[]): Problem {
  return new Problem({ status: 422, code: 'validation-failed', title: 'The order is not valid', detail: 'Nothing was changed.', errors });
}

const keyExists = (): Problem =>
  new Problem({ status: 409, code: 'key-exists', title: 'There is a key of this id', detail: 'Also the id of a revoked key names that key for ever. Choose another.' });

const keyNotFound = (): Problem => new Problem({ status: 404, code: 'key-not-found', title: 'There is no key of this id', detail: 'GET /v1/keys lists them.' });

const keyDeclared = (): Problem =>
  new Problem({ status: 409, code: 'key-declared', title: 'This key is declared in posthorn.yaml', detail: 'Whoever may change that file exchanges or removes it there.' });

const keyEnded = (): Problem => new Problem({ status: 409, code: 'key-ended', title: 'This key counts no more', detail: 'It was revoked or has expired. Make a new one.' });

function withoutUndefined<V extends object>(value: V): V {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as V;
}
