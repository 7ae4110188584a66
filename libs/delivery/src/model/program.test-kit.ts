import fc from 'fast-check';
import { type UnknownPolicy } from '../delivers.decorator.js';

export const EVENTS_A_WORLD = 6;
export const LINES_A_WORLD = 2;

/** What one event of a world is: whose line it stands in, and what its handler makes of it at intake. */
export interface EventPlan {
  readonly line: number;
  readonly kind: 'deliver' | 'skip' | 'fail';
}

/** How an attempt ends. */
export const ENDINGS = ['success', 'refused by the guard', 'credentials', 'permanent', 'retryable', 'exhausted', 'unknown', 'unclassified'] as const;
export type Ending = (typeof ENDINGS)[number];

export type Command =
  /** Events arrive, in any order, perhaps for the second time. */
  | { readonly do: 'plan'; readonly events: readonly number[] }
  /** Some process claims; with a lease that is out at once when it dies with what it claimed. */
  | { readonly do: 'claim'; readonly limit: number; readonly dies: boolean }
  /** A claim is settled, counted from the newest; perhaps long after it was taken over, perhaps for the second time. */
  | { readonly do: 'settle'; readonly claim: number; readonly ending: Ending; readonly soon: boolean }
  | { readonly do: 'wait' | 'nothing' }
  | { readonly do: 'redeliver'; readonly delivery: number };

/** Everything that happens to the deliveries of one connection. */
export interface Program {
  readonly events: readonly EventPlan[];
  readonly latestWins: boolean;
  readonly unknown: UnknownPolicy;
  readonly commands: readonly Command[];
}

const event = fc.record({
  line: fc.nat(LINES_A_WORLD - 1),
  kind: fc.oneof({ weight: 8, arbitrary: fc.constant('deliver' as const) }, { weight: 1, arbitrary: fc.constantFrom('skip' as const, 'fail' as const) }),
});

const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant('plan' as const), events: fc.array(fc.nat(EVENTS_A_WORLD - 1), { minLength: 1, maxLength: 3 }) }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('claim' as const), limit: fc.integer({ min: 1, max: 3 }), dies: fc.boolean() }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('settle' as const),
      claim: fc.nat(3),
      ending: fc.oneof({ weight: 3, arbitrary: fc.constant('success' as const) }, { weight: 5, arbitrary: fc.constantFrom(...ENDINGS) }),
      soon: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ do: 'wait' as const }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('redeliver' as const), delivery: fc.nat(EVENTS_A_WORLD - 1) }) },
);

export const program: fc.Arbitrary<Program> = fc.record({
  events: fc.array(event, { minLength: EVENTS_A_WORLD, maxLength: EVENTS_A_WORLD }),
  latestWins: fc.boolean(),
  unknown: fc.constantFrom('retry' as const, 'ask' as const, 'hold' as const),
  commands: fc.array(command, { minLength: 6, maxLength: 15 }),
});
