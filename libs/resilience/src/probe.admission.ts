/**
 * Asked before the one call that tests a provider. Undefined lets it go; a date says when to ask again, because
 * another replica is testing. `urgent`: somebody wants it before its time.
 */
export type ProbePort = (urgent: boolean) => Promise<Date | undefined>;

/** Whether a probe may go: a provider that is down is tested once, not once by each replica. */
export class ProbeAdmission {
  private port: ProbePort | undefined;
  private asking = false;
  private urgent = false;
  private notBefore = 0;

  connect(port: ProbePort): void {
    this.port = port;
  }

  get isConnected(): boolean {
    return this.port !== undefined;
  }

  /** Epoch milliseconds; before them another replica tests. */
  get deferredUntil(): number {
    return this.notBefore;
  }

  isOpen(): boolean {
    return !this.asking && Date.now() >= this.notBefore;
  }

  async ask(): Promise<void> {
    const { urgent } = this;
    this.asking = true;
    this.urgent = false;
    try {
      this.notBefore = (await this.port?.(urgent))?.getTime() ?? 0;
    } catch {
      // Nobody to ask: one probe too many is better than none.
    } finally {
      this.asking = false;
    }
  }

  hasten(): void {
    this.urgent = true;
    this.notBefore = 0;
  }

  /** What was heard belongs to an earlier state. */
  forget(): void {
    this.notBefore = 0;
  }
}
