/** Both sides have so many turns each; other programs on the machine then disturb both. */
export const ROUNDS = 3;

/** How the two sides are called, unless something else is compared. */
export const SIDES = { ours: 'Posthorn', bare: 'bare' };

export interface Turns<T> {
  ours: T[];
  bare: T[];
}

/** Ours, bare, bare, ours, ours, bare: neither always comes first. */
export async function takeTurns<T>(sides: { ours: () => Promise<T>; bare: () => Promise<T> }, progress: (line: string) => void, tell: (value: T) => string, names = SIDES): Promise<Turns<T>> {
  const turns: Turns<T> = { ours: [], bare: [] };
  for (let round = 0; round < ROUNDS; round += 1) {
    const order = round % 2 === 0 ? (['ours', 'bare'] as const) : (['bare', 'ours'] as const);
    for (const side of order) {
      const value = await sides[side]();
      turns[side].push(value);
      progress(`round ${round + 1} of ${ROUNDS}, ${names[side]}: ${tell(value)}`);
    }
  }
  return turns;
}

export async function until(condition: () => Promise<boolean>, what: string, timeoutMs: number): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`It took more than ${Math.round(timeoutMs / 1_000)} s: ${what}.`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
