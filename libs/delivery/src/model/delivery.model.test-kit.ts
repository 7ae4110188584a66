import { type ClaimedDelivery, type PlannedDelivery } from '../delivery.row.js';
import { CLAIMABLE, type DeliveryState, isLive, TRANSITIONS, type TransitionName } from '../delivery.states.js';
import { type Decision } from '../settlement.decision.js';

export interface ModelDelivery {
  readonly id: string;
  readonly eventId: string;
  readonly line: string;
  state: DeliveryState;
  attempts: number;
  /** How often it was claimed. */
  fence: number;
  due: boolean;
  /** The process that holds it is gone. */
  abandoned: boolean;
}

/** What the deliveries of one connection should be, in a page of plain code: no SQL, no indexes, no waiting flag. */
export class DeliveryModel {
  readonly deliveries = new Map<string, ModelDelivery>();
  private readonly events = new Set<string>();

  constructor(private readonly latestWins: boolean) {}

  /** Of the events, those that are taken in: each once. */
  fresh(eventIds: readonly string[]): string[] {
    return [...new Set(eventIds)].filter((id) => !this.events.has(id));
  }

  plan(planned: readonly PlannedDelivery[]): void {
    for (const { id, event, orderingKey, state } of planned) {
      this.events.add(event.id);
      this.deliveries.set(id, { id, eventId: event.id, line: orderingKey, state, attempts: 0, fence: 0, due: true, abandoned: false });
    }
  }

  /** What a claim may take now: the first of each line, while nobody is at work on the line. */
  claimable(): ModelDelivery[] {
    return this.all().filter(
      (one) =>
        one.due &&
        isOneOf(CLAIMABLE, one.state) &&
        !this.lineOf(one).some((other) => other.state === 'attempting' || (isLive(other.state) && other.eventId < one.eventId)),
    );
  }

  /** Throws when this claim may not have been made, or took something else than it says. */
  claim(claimed: readonly ClaimedDelivery[], limit: number, dies: boolean): void {
    const may = this.claimable();
    demand(claimed.length === Math.min(limit, may.length), `a claim of ${limit} took ${claimed.length} of ${may.length} that are free`);
    for (const { id, was, attempts, fence, superseded } of claimed) {
      const one = may.find((each) => each.id === id);
      if (one === undefined) throw new Error(`a claim took ${id}, which is ${this.deliveries.get(id)?.state ?? 'unknown here'} and not free`);
      const overtaken = this.latestWins && this.lineOf(one).some((other) => other.state === 'delivered' && other.eventId > one.eventId);
      expected({ was, attempts, fence, superseded }, { was: one.state, attempts: one.attempts + 1, fence: one.fence + 1, superseded: overtaken });
      move(one, 'claim', 'attempting');
      Object.assign(one, { attempts, fence, abandoned: dies });
    }
  }

  /** Whether a settlement changes anything: it must belong to the last claim, and know better than the state. */
  settles({ id, fence }: ClaimedDelivery, { transition }: Decision): boolean {
    const one = this.deliveries.get(id);
    return one?.fence === fence && isOneOf(TRANSITIONS[transition].from, one.state);
  }

  settle({ id }: ClaimedDelivery, { transition, state, counts }: Decision, due: boolean): void {
    const one = this.get(id);
    move(one, transition, state);
    if (!counts) one.attempts -= 1;
    Object.assign(one, { due, abandoned: false });
  }

  abandoned(): ModelDelivery[] {
    return this.all().filter(({ state, abandoned }) => state === 'attempting' && abandoned);
  }

  redeliverable(id: string): boolean {
    return isOneOf(TRANSITIONS.redeliver.from, this.get(id).state);
  }

  redeliver(id: string): void {
    move(this.get(id), 'redeliver', 'pending');
    this.get(id).due = true;
  }

  timePasses(): void {
    for (const one of this.deliveries.values()) one.due = true;
  }

  all(): ModelDelivery[] {
    return [...this.deliveries.values()];
  }

  /** What holds at every moment, whatever has happened. */
  check(): void {
    for (const one of this.all()) {
      const atWork = this.lineOf(one).filter(({ state }) => state === 'attempting').length;
      demand(atWork <= 1, `${atWork} deliveries of one line are under way`);
      demand(one.attempts >= 0 && one.attempts <= one.fence, `${one.attempts} attempts of ${one.fence} claims`);
    }
  }

  private lineOf({ line }: ModelDelivery): ModelDelivery[] {
    return this.all().filter((other) => other.line === line);
  }

  private get(id: string): ModelDelivery {
    const one = this.deliveries.get(id);
    if (one === undefined) throw new Error(`there is no delivery ${id}`);
    return one;
  }
}

/** The only way a model's delivery changes its state. */
function move(one: ModelDelivery, name: TransitionName, to: DeliveryState): void {
  const { from, to: targets } = TRANSITIONS[name];
  demand(isOneOf(from, one.state) && isOneOf(targets, to), `"${name}" leads from ${one.state} to ${to}, which the table of transitions does not have`);
  one.state = to;
}

const isOneOf = (states: readonly DeliveryState[], state: DeliveryState): boolean => states.includes(state);

export function demand(condition: boolean, otherwise: string): void {
  if (!condition) throw new Error(otherwise);
}

export function expected(actual: object, wanted: object): void {
  const [is, should] = [JSON.stringify(actual), JSON.stringify(wanted)];
  demand(is === should, `it is ${is}, and should be ${should}`);
}
