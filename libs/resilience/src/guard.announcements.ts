import { type CircuitState } from './circuit.breaker.js';
import { type Standing } from './standing.js';

export type GuardState = CircuitState | 'isolated' | 'parked';

export interface GuardTransition {
  readonly guard: string;
  readonly from: GuardState;
  readonly to: GuardState;
  readonly reason?: string;
  readonly openUntil?: Date;
  /** True where another replica found out and this one follows. */
  readonly adopted: boolean;
}

export type TransitionListener = (transition: GuardTransition) => void;
/** Without a transition where only the time of the next test has changed. */
export type DecisionListener = (standing: Standing, transition: GuardTransition | undefined) => void;

/** Who is told what of one guard. */
export class GuardAnnouncements {
  private readonly transitionListeners = new Set<TransitionListener>();
  private readonly decisionListeners = new Set<DecisionListener>();
  private readonly availableListeners = new Set<() => void>();
  private announced: GuardState = 'closed';

  constructor(private readonly guard: string) {}

  /** The state that was announced last. */
  get state(): GuardState {
    return this.announced;
  }

  onTransition(listener: TransitionListener): () => void {
    return subscribe(this.transitionListeners, listener);
  }

  onDecision(listener: DecisionListener): () => void {
    return subscribe(this.decisionListeners, listener);
  }

  onAvailable(listener: () => void): () => void {
    return subscribe(this.availableListeners, listener);
  }

  /** Nobody is told of a state twice in a row. */
  transition(to: GuardState, facts: Pick<GuardTransition, 'reason' | 'openUntil' | 'adopted'>): GuardTransition | undefined {
    const from = this.announced;
    if (from === to) return undefined;
    this.announced = to;
    const transition = { guard: this.guard, from, to, ...facts };
    for (const listener of this.transitionListeners) listener(transition);
    return transition;
  }

  decision(standing: Standing, transition: GuardTransition | undefined): void {
    for (const listener of this.decisionListeners) listener(standing, transition);
  }

  available(): void {
    for (const listener of this.availableListeners) listener();
  }

  close(): void {
    for (const listeners of [this.transitionListeners, this.decisionListeners, this.availableListeners]) listeners.clear();
  }
}

function subscribe<L>(listeners: Set<L>, listener: L): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
