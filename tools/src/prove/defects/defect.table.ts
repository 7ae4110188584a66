import { type Defect, type NamedTest } from './defect.js';

const unit = (file: string, title: string): NamedTest => ({ project: 'unit', file, title });
const integration = (file: string, title: string): NamedTest => ({ project: 'integration', file, title });

/** Each takes one promise away. A test that lets one of them pass promises nothing. */
export const DEFECTS = {
  'no-inbox': {
    what: 'a repeated event counts as new',
    file: 'libs/delivery/src/intake.statement.ts',
    search: 'IN (SELECT event_id FROM recorded)) IS TRUE',
    replace: 'IN (SELECT event_id FROM recorded)) IS NOT NULL',
    test: integration('libs/delivery/src/intake.int.spec.ts', 'writes, tells and counts what is new, and nothing of what comes again, though its deliveries are archived since'),
  },
  'early-ack': {
    what: 'a message is acknowledged before its handler has run',
    file: 'libs/messaging/src/message.dispatcher.ts',
    search: 'const startedAt = performance.now();\n    try {',
    replace: "const startedAt = performance.now();\n    for (const { raw } of batch) void this.settlement.acknowledge(raw, 'handled');\n    try {",
    test: integration('libs/messaging/src/jetstream.delivery.int.spec.ts', 'that throws gets its message again, later, and does not block the others'),
  },
  'no-outbox': {
    what: 'an outcome is written beside the transaction that settles its delivery',
    file: 'libs/delivery/src/settlement.writer.ts',
    search: 'await this.store.settle(this.database, settlements, (settlement) => this.outcomes.ofSettlement(settlement));',
    replace: `await this.store.settle(this.database, settlements);
    void this.database.transaction((own) => this.ledger.append(own, [...settled].flatMap((settlement) => this.outcomes.ofSettlement(settlement) ?? []))).catch(() => undefined);`,
    test: integration('libs/delivery/src/crash.int.spec.ts', 'settles a delivery and its outcome together or not at all'),
  },
  'shared-signal': {
    what: 'calls share an AbortController',
    file: 'libs/resilience/src/deadline.ts',
    search: 'const controller = new AbortController();',
    replace: "const controller: AbortController = (Reflect.get(globalThis, 'one') as AbortController | undefined) ?? new AbortController();\n  Reflect.set(globalThis, 'one', controller);",
    test: unit('libs/resilience/src/guard.spec.ts', 'gives every call a signal of its own'),
  },
  'counted-rejection': {
    what: 'a call the guard has refused counts as an attempt',
    file: 'libs/delivery/src/settlement.decision.ts',
    search: "if (error instanceof GuardRejectedError) return { transition: 'putBack', state: was, counts: false };",
    replace: "if (error instanceof GuardRejectedError) return { transition: 'putBack', state: was, counts: true };",
    test: unit('libs/delivery/src/settlement.decision.spec.ts', 'puts back what the guard refused to start, in the state it came from, without an attempt'),
  },
  'uncommitted-claim': {
    what: 'the provider is called while the claim is not committed yet',
    file: 'libs/delivery/src/delivery.store.ts',
    search: 'const rows = await this.database.query<ClaimedRow>(CLAIM, [connection, limit, leaseMs]);',
    replace: `const rows = await new Promise<ClaimedRow[]>((resolve, reject) => {
      this.database
        .transaction(async (tx) => {
          resolve(await tx.query<ClaimedRow>(CLAIM, [connection, limit, leaseMs]));
          await new Promise((later) => setTimeout(later, 500));
        })
        .catch(reject);
    });`,
    test: integration('libs/delivery/src/crash.int.spec.ts', 'has committed its attempt before the provider is called'),
  },
  'double-claim': {
    what: 'a claim does not exclude the claims of other replicas',
    file: 'libs/delivery/src/delivery.store.ts',
    search: 'LIMIT $2\n       FOR UPDATE OF d SKIP LOCKED',
    replace: 'LIMIT $2',
    test: integration('libs/delivery/src/model/delivery.storm.int.spec.ts', 'claims each delivery once, however many claim at the same moment'),
  },
  'two-of-a-line': {
    what: 'two deliveries of one ordering key may be under way',
    file: 'libs/delivery/src/delivery.line.migration.ts',
    search: 'CREATE UNIQUE INDEX deliveries_attempting',
    replace: 'CREATE INDEX deliveries_attempting',
    test: integration('libs/delivery/src/model/delivery.storm.int.spec.ts', 'let one delivery of a line go, though an earlier one arrives while a later one is being claimed'),
  },
  'no-fence': {
    what: 'a settlement is believed whichever claim it belongs to',
    file: 'libs/delivery/src/settlement.statement.ts',
    search: 'd.id = s.id AND d.fence = s.fence AND',
    replace: 'd.id = s.id AND',
    test: integration('libs/delivery/src/crash.int.spec.ts', 'does not let the late failure of a claim that was taken over end the attempt that runs now'),
  },
  'repeated-unknown': {
    what: 'a call of unknown outcome is repeated although its connection says hold',
    file: 'libs/delivery/src/settlement.decision.ts',
    search: "if (unknown && !attempt.asking && attempt.unknownPolicy === 'hold') {",
    replace: "if (unknown && !attempt.asking && attempt.unknownPolicy === 'ask') {",
    test: integration('libs/delivery/src/crash.int.spec.ts', 'holds an unknown outcome at once where the policy says so'),
  },
  'early-crossing-off': {
    what: 'the relay crosses off an entry before NATS has stored it',
    file: 'libs/ledger/src/relay.service.ts',
    search: 'this.settle(await this.publisher.publish(entries));',
    replace: 'this.settle(entries.map(({ id }) => ({ id, ok: true })));\n      await this.publisher.publish(entries);',
    test: integration('libs/ledger/src/relay.int.spec.ts', 'crosses off nothing on its own word: NATS takes entries, stores none of them and dies'),
  },
  'early-answer': {
    what: 'a sender hears that its event is accepted before the commit',
    file: 'libs/ledger/src/ledger.service.ts',
    search: 'const answer = await this.batcher.add({ ...entry, body: JSON.stringify(entry.envelope) });',
    replace: 'void this.batcher.add({ ...entry, body: JSON.stringify(entry.envelope) }).catch(() => undefined);\n    const answer: Acceptance | Error = accepted(entry);',
    test: integration('libs/ledger/src/ledger.int.spec.ts', 'fails at once, and says why, while Postgres is away'),
  },
  'early-slot': {
    what: 'a slot is free at the deadline, though its call still runs',
    file: 'libs/resilience/src/guard.ts',
    search: 'this.bulkhead.hold(call.ended, ',
    replace: 'this.bulkhead.hold(call.result.then(() => undefined, () => undefined), ',
    test: unit('libs/resilience/src/guard.spec.ts', 'keeps the slot of a call that outlives its deadline until it really ends'),
  },
} as const satisfies Record<string, Defect>;
