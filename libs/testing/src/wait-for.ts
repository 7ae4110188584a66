export interface WaitOptions {
  /** Default 10 000. */
  timeoutMs?: number;
  /** Default 20. */
  everyMs?: number;
  /** Names what was waited for when it did not come. */
  describe?: string | (() => string);
}

/** Asks again until the condition answers something truthy, and returns that. A throwing condition counts as "not yet". */
export async function waitFor<T>(
  condition: () => T | Promise<T>,
  { timeoutMs = 10_000, everyMs = 20, describe }: WaitOptions = {},
): Promise<NonNullable<T>> {
  const deadline = Date.now() + timeoutMs;
  let lastError: unknown;
  for (;;) {
    try {
      const value = await condition();
      if (value) return value;
      lastError = undefined;
    } catch (error) {
      lastError = error;
    }
    if (Date.now() >= deadline) {
      const what = typeof describe === 'function' ? describe() : (describe ?? 'the condition');
      throw new Error(`Waited ${timeoutMs} ms in vain for ${what}.`, { cause: lastError });
    }
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}
