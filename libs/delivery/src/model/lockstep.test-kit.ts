import { type PosthornEvent } from '@posthorn/contracts';
import { type Database, type Transaction } from '@posthorn/persistence';
import { BEGINNING, DeliveryArchive } from '../archive/delivery.archive.js';
import { type ConnectionRegistry } from '../connection.registry.js';
import { DeliveryPlanner } from '../delivery.planner.js';
import { REDELIVER } from '../delivery.redelivery.js';
import { type PlannedDelivery, type Settlement } from '../delivery.row.js';
import { type DeliveryState, FINISHED, sqlList } from '../delivery.states.js';
import { DeliveryStore } from '../delivery.store.js';
import { type HandlerRegistry } from '../handler.registry.js';
import { takeIn } from '../intake.statement.js';
import { decideExpired } from '../settlement.decision.js';
import { demand, expected } from './delivery.model.test-kit.js';
import { type Command } from './program.test-kit.js';
import { type World } from './world.test-kit.js';

const LEASE_MS = 60_000;
const NO_LIMIT = 100_000;
const BACKGROUND_EVERY = 4;

/** What worlds are sent; see World. */
type Arriving = PosthornEvent<'lead.submitted'>;

type Step<Name extends Command['do']> = readonly [World, Extract<Command, { do: Name }>];

/**
 * Carries out the programs of many worlds side by side, a command of each at a time, with the engine's own statements
 * and in one transaction: its clock stands still, so that what is due is never a question of speed.
 */
export class Lockstep {
  private readonly store: DeliveryStore;
  private readonly archive = new DeliveryArchive();
  private now = new Date(0);

  constructor(
    private readonly tx: Transaction,
    private readonly worlds: readonly World[],
  ) {
    const database = { query: tx.query.bind(tx), transaction: (work: (own: Transaction) => unknown) => work(tx) } as unknown as Database;
    this.store = new DeliveryStore(database);
  }

  async run(): Promise<void> {
    this.now = (await this.tx.query<{ now: Date }>('SELECT now()'))[0]?.now ?? this.now;
    const steps = Math.max(...this.worlds.map(({ program }) => program.commands.length));
    for (let step = 0; step < steps; step += 1) {
      await this.plan(this.at(step, 'plan'));
      for (const each of this.at(step, 'claim')) await this.claim(each);
      await this.settle(this.at(step, 'settle'));
      await this.wait(this.at(step, 'wait'));
      await this.redeliver(this.at(step, 'redeliver'));
      if (step % BACKGROUND_EVERY === BACKGROUND_EVERY - 1) await this.background();
    }
    await this.compare();
  }

  private at<Name extends Command['do']>(step: number, name: Name): Step<Name>[] {
    return this.worlds.flatMap((world) => {
      const command = world.command(step);
      return command?.do === name ? [[world, command as Extract<Command, { do: Name }>] as const] : [];
    });
  }

  private async plan(steps: readonly Step<'plan'>[]): Promise<void> {
    const arriving = steps.flatMap(([world, { events }]) => events.flatMap((index) => world.events[index] ?? []));
    const latestWins = new Set(steps.filter(([{ program }]) => program.latestWins).map(([{ id }]) => id));
    const plan = (events: readonly PosthornEvent[]): PlannedDelivery[] =>
      [true, false].flatMap((wins) => plannerOf(wins).plan(events.filter(({ site }) => latestWins.has(site) === wins)));
    const { planned } = await takeIn(this.tx, arriving, { plan, unconnected: () => [] }, () => undefined);
    for (const [world, { events }] of steps) {
      const mine = planned.filter(({ connection }) => connection === world.id);
      const wanted = world.model.fresh(events.map((index) => world.events[index]?.id ?? ''));
      check(world, () => expected(mine.map(({ event }) => event.id).sort(), wanted.sort()));
      world.model.plan(mine);
    }
  }

  private async claim([world, { limit, dies }]: Step<'claim'>): Promise<void> {
    const claimed = await this.store.claim(world.id, limit, dies ? -1 : LEASE_MS);
    check(world, () => world.model.claim(claimed, limit, dies));
    world.claims.push(...claimed);
  }

  private async settle(steps: readonly Step<'settle'>[]): Promise<void> {
    await this.write(
      steps.flatMap(([world, { claim, ending, soon }]) => {
        const delivery = world.claimAt(claim);
        return delivery === undefined ? [] : [{ world, settlement: { delivery, decision: world.decision(delivery, ending, soon, this.now) } }];
      }),
    );
  }

  /** What every process does beside its claims, for all worlds: of no consequence but that what died is taken up again. */
  private async background(): Promise<void> {
    const expired = Map.groupBy(await this.store.expired(NO_LIMIT), ({ connection }) => connection);
    for (const world of this.worlds) {
      const mine = expired.get(world.id) ?? [];
      check(world, () => expected(mine.map(({ id }) => id).sort(), world.model.abandoned().map(({ id }) => id).sort()));
    }
    await this.write(this.worlds.flatMap((world) => (expired.get(world.id) ?? []).map((delivery) => ({ world, settlement: { delivery, decision: decideExpired(world.program.unknown) } }))));
    await this.store.release();
    await this.moveFinished();
    await this.compare();
  }

  private async write(writing: readonly { world: World; settlement: Settlement }[]): Promise<void> {
    if (writing.length === 0) return;
    const { settled } = await this.store.settle(this.tx, writing.map(({ settlement }) => settlement));
    for (const { world, settlement } of writing) {
      const { delivery, decision } = settlement;
      const should = world.model.settles(delivery, decision);
      check(world, () => demand(settled.has(settlement) === should, `"${decision.transition}" of claim ${delivery.fence} ${should ? 'was not' : 'was'} believed`));
      if (should) world.model.settle(delivery, decision, decision.nextAttemptAt === undefined || decision.nextAttemptAt <= this.now);
    }
  }

  private async wait(steps: readonly Step<'wait'>[]): Promise<void> {
    const ids = steps.map(([{ id }]) => id);
    await this.tx.query('UPDATE deliveries SET next_attempt_at = now() WHERE connection = ANY ($1) AND next_attempt_at > now()', [ids]);
    for (const [{ model }] of steps) model.timePasses();
  }

  private async redeliver(steps: readonly Step<'redeliver'>[]): Promise<void> {
    const wanted = steps.flatMap(([world, { delivery }]) => {
      const id = world.deliveryAt(delivery);
      return id === undefined ? [] : [{ world, id }];
    });
    const skipped = wanted.flatMap(({ world: { model }, id }) => model.deliveries.get(id) ?? []).filter(({ state }) => state === 'skipped');
    await this.archive.hold(this.tx);
    await this.archive.reopen(this.tx, skipped.map(({ eventId }) => eventId));
    const rows = await this.tx.query<{ id: string }>(REDELIVER, [wanted.map(({ id }) => id), null]);
    const sent = new Set(rows.map(({ id }) => id));
    for (const { world, id } of wanted) {
      const should = world.model.redeliverable(id);
      check(world, () => demand(sent.has(id) === should, `a redelivery ${should ? 'was refused' : 'was not refused'}`));
      if (should) world.model.redeliver(id);
    }
  }

  private async moveFinished(): Promise<void> {
    await this.archive.begin(this.tx);
    await this.archive.step(this.tx, BEGINNING, { lagMs: 0, limit: NO_LIMIT });
    const left = await this.tx.query(`SELECT id FROM deliveries WHERE state IN (${sqlList(FINISHED)})`);
    demand(left.length === 0, `${left.length} finished deliveries were not archived`);
  }

  /** Every delivery that was ever planned is there once, and as the model has it. */
  private async compare(): Promise<void> {
    const rows = await this.tx.query<{ connection: string; id: string; state: DeliveryState; attempts: number; fence: number }>(
      `SELECT connection, id, state, attempts, fence FROM deliveries WHERE connection = ANY ($1)
       UNION ALL SELECT connection, id, state, attempts, fence FROM deliveries_archive WHERE connection = ANY ($1) ORDER BY id`,
      [this.worlds.map(({ id }) => id)],
    );
    const byWorld = Map.groupBy(rows, ({ connection }) => connection);
    for (const world of this.worlds) {
      check(world, () => {
        const should = world.model.all().sort((a, b) => (a.id < b.id ? -1 : 1));
        expected(
          (byWorld.get(world.id) ?? []).map(({ id, state, attempts, fence }) => ({ id, state, attempts, fence })),
          should.map(({ id, state, attempts, fence }) => ({ id, state, attempts, fence })),
        );
        world.model.check();
      });
    }
  }
}

/** A world that does not behave as its model. */
export class ModelViolation extends Error {
  override readonly name = 'ModelViolation';

  constructor(
    readonly world: World,
    cause: unknown,
  ) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

function check(world: World, assertion: () => void): void {
  try {
    assertion();
  } catch (cause) {
    throw new ModelViolation(world, cause);
  }
}

/** The engine's planner for worlds whose handler says that the latest wins, or that it does not. */
function plannerOf(latestWins: boolean): DeliveryPlanner {
  const handler = {
    orderingKey: ({ site, data }: Arriving) => {
      if (data.message === 'fail') throw new Error('The handler does not understand it.');
      return `${site} ${data.person.email}`;
    },
    skip: ({ data }: Arriving) => (data.message === 'skip' ? 'not wanted here' : undefined),
  };
  const handlers = { of: () => [{ action: 'model', latestWins, handler }] } as unknown as HandlerRegistry;
  return new DeliveryPlanner(handlers, { ofSite: (id: string) => [{ id, view: {} }] } as unknown as ConnectionRegistry);
}
