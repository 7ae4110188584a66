/** What was started and is to be ended again, the newest first, also while the next is still being started. */
export class Undo {
  private readonly steps: (() => Promise<unknown>)[] = [];
  private undoing: Promise<void> | undefined;

  /** What does not start has ended itself. */
  start<T>(starting: Promise<T>, end: (started: T) => Promise<unknown>): Promise<T> {
    this.steps.push(() => starting.then(end, () => undefined));
    return starting;
  }

  /** Once, however often it is asked for. What cannot be ended does not keep the others from it; the first such error is thrown at the end. */
  all(): Promise<void> {
    this.undoing ??= this.run();
    return this.undoing;
  }

  private async run(): Promise<void> {
    const failures: unknown[] = [];
    for (const step of this.steps.splice(0).reverse()) await step().catch((error: unknown) => failures.push(error));
    if (failures.length > 0) throw failures[0];
  }
}
