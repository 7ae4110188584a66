type Reply = (details: never) => unknown;

/** Answers what the benchmark asks; ends when it does. */
export function answerParent(replies: Record<string, Reply>): void {
  process.on('message', (message) => {
    const { id, what, details } = message as { id: number; what: string; details: never };
    Promise.resolve(details).then(replies[what] ?? unknownQuestion).then(
      (answer) => process.send?.({ id, answer }),
      (error: unknown) => process.send?.({ id, error: error instanceof Error ? error.message : String(error) }),
    );
  });
  process.on('disconnect', () => process.exit());
}

function unknownQuestion(): never {
  throw new Error('There is no such question.');
}

/** What a program needs from its environment. */
export function setting(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set.`);
  return value;
}

/** Milliseconds of the clock that all processes of a machine share, with a fraction. */
export function now(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
