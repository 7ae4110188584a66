/**
 * Bounds how many calls really run. opossum's own `capacity` frees a slot when a call times out although it
 * still runs, and counts a rejection as a failure; here a slot is free when its call has ended.
 */
export class Bulkhead {
  private running = 0;
  private late = 0;
  private limit: number;

  constructor(private readonly size: number) {
    this.limit = size;
  }

  get inFlight(): number {
    return this.running;
  }

  /** Calls past their deadline that have not ended yet. */
  get overdue(): number {
    return this.late;
  }

  free(): number {
    return Math.max(0, this.limit - this.running);
  }

  enter(): void {
    this.running += 1;
  }

  /** Holds the slot until the call has ended, however late. */
  hold(ended: Promise<void>, deadlineMs: number, freed: () => void): void {
    let late = false;
    const deadline = setTimeout(() => {
      late = true;
      this.late += 1;
    }, deadlineMs);
    void ended.then(() => {
      clearTimeout(deadline);
      if (late) this.late -= 1;
      this.running -= 1;
      freed();
    });
  }

  /** Starts small again after a recovery, so that the backlog does not fall on the provider at once. */
  shrink(): void {
    this.limit = Math.min(2, this.size);
  }

  grow(): void {
    this.limit = Math.min(this.size, this.limit + 1);
  }
}
