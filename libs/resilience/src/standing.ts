/** How a connection stands, as one replica's calls have found out: what replicas tell each other. */
export interface Standing {
  readonly state: 'closed' | 'open' | 'parked';
  readonly reason?: string;
  /** When one call may test the provider. */
  readonly until?: Date;
  /** Tests that failed so far; the wait for the next one goes by it. */
  readonly failures: number;
}
