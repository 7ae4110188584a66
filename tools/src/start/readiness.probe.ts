export interface Readiness {
  ready: boolean;
  /** Whether there was any answer at all. */
  answered: boolean;
  reason: string;
}

/** Asks a service once whether it is ready, and if not, why. */
export async function readiness(url: string): Promise<Readiness> {
  try {
    const response = await fetch(`${url}/ready`, { signal: AbortSignal.timeout(3_000) });
    const body = await response.text();
    return response.ok ? { ready: true, answered: true, reason: '' } : { ready: false, answered: true, reason: reasonIn(body) };
  } catch (error) {
    return { ready: false, answered: false, reason: `no answer at ${url}/ready (${error instanceof Error ? error.message : String(error)})` };
  }
}

function reasonIn(body: string): string {
  try {
    const report: unknown = JSON.parse(body);
    if (typeof report === 'object' && report !== null && 'reasons' in report && Array.isArray(report.reasons)) {
      const reasons = report.reasons as { name?: unknown; reason?: unknown }[];
      return reasons.map(({ name, reason }) => `${String(name)}: ${String(reason)}`).join('; ');
    }
  } catch {
    // Not JSON: shown as it is.
  }
  return body.slice(0, 200);
}
