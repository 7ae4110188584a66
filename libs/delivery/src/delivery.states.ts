export const DELIVERY_STATES = ['pending', 'attempting', 'retrying', 'unknown', 'delivered', 'dead', 'held', 'skipped', 'erased'] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];

/** States a dispatcher may claim from, once they are due. */
export const CLAIMABLE = ['pending', 'retrying', 'unknown'] as const satisfies readonly DeliveryState[];
export type ClaimableState = (typeof CLAIMABLE)[number];

/** Work that is not done: it blocks later deliveries of its ordering key. */
export const LIVE = [...CLAIMABLE, 'attempting'] as const satisfies readonly DeliveryState[];

/** States that nothing leads out of by itself: an event with no other goes to the archive. */
export const FINISHED = ['delivered', 'skipped', 'erased'] as const satisfies readonly DeliveryState[];

/** States that wait for a person. */
export const DEAD_LETTERS = ['dead', 'held'] as const satisfies readonly DeliveryState[];

interface Transition {
  readonly from: readonly DeliveryState[];
  readonly to: readonly DeliveryState[];
}

/** Every way a delivery can go; nothing changes a state but by one of these. */
export const TRANSITIONS = {
  /** Committed before the provider is called: a crash can be told from a call that never happened. */
  claim: { from: CLAIMABLE, to: ['attempting'] },
  /** Also from `unknown` and `held`: a settlement that comes after its lease has expired still knows better. */
  deliver: { from: ['attempting', 'unknown', 'held'], to: ['delivered'] },
  defer: { from: ['attempting'], to: ['retrying'] },
  lose: { from: ['attempting'], to: ['unknown'] },
  hold: { from: ['attempting'], to: ['held'] },
  bury: { from: ['attempting'], to: ['dead'] },
  skip: { from: ['attempting'], to: ['skipped'] },
  /** The call was not started, or not by the delivery's fault: it returns to the state it was claimed in. */
  putBack: { from: ['attempting'], to: CLAIMABLE },
  redeliver: { from: ['dead', 'held', 'skipped'], to: ['pending'] },
  /** The event is to be forgotten. A call under way is waited for: what it leaves must be erased as well. Nothing leads back. */
  erase: { from: ['pending', 'retrying', 'unknown', 'delivered', 'dead', 'held', 'skipped'], to: ['erased'] },
  /** Of an erasure itself: the service's own tables hold nothing any more. */
  complete: { from: ['pending'], to: ['delivered'] },
} as const satisfies Record<string, Transition>;

export type TransitionName = keyof typeof TRANSITIONS;

/** How a settlement may end an attempt. */
export type SettlingTransition = Exclude<TransitionName, 'claim' | 'redeliver' | 'erase' | 'complete'>;

export const isLive = (state: DeliveryState): boolean => (LIVE as readonly DeliveryState[]).includes(state);

/** For SQL: 'a', 'b'. The states are constants of this file, never input. */
export const sqlList = (states: readonly DeliveryState[]): string => states.map((state) => `'${state}'`).join(', ');
