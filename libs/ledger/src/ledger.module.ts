import { type DynamicModule, Global, Injectable, Module, type OnApplicationShutdown } from '@nestjs/common';
import { Inbox } from './inbox.service.js';
import { Ledger } from './ledger.service.js';
import { ledgerAnswersOf } from './reconciliation/ledger.answers.js';
import { Relay } from './relay.service.js';

export interface LedgerOptions {
  /** Whether this service publishes, so that its schema has the tables of LEDGER_MIGRATIONS; default true. */
  ledger?: boolean;
  /** In whose name it answers subscribers who ask what they have missed; without it nobody can. */
  publisher?: string;
  /** Whether this service subscribes, so that its schema has the tables of INBOX_MIGRATIONS; default false. */
  inbox?: boolean;
}

/** Stops the relay while its database is still there. */
@Injectable()
export class LedgerShutdown implements OnApplicationShutdown {
  constructor(
    private readonly ledger: Ledger,
    private readonly relay: Relay,
  ) {}

  async onApplicationShutdown(): Promise<void> {
    await this.ledger.drain();
    await this.relay.stop();
  }
}

// Not global: Nest shuts global modules down last, and in no order one may rely on.
@Module({ providers: [LedgerShutdown] })
export class LedgerShutdownModule {}

/** Needs PersistenceModule, MessagingModule and ObservabilityModule. */
@Global()
@Module({})
export class LedgerModule {
  static forRoot(options: LedgerOptions = {}): DynamicModule {
    const publishes = options.ledger !== false;
    const providers = [...(publishes ? [Ledger, Relay] : []), ...(options.inbox === true ? [Inbox] : [])];
    const controllers = publishes && options.publisher !== undefined ? [ledgerAnswersOf(options.publisher)] : [];
    return { module: LedgerModule, imports: publishes ? [LedgerShutdownModule] : [], controllers, providers, exports: providers };
  }
}
