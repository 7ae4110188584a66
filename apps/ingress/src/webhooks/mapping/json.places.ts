import { stepsOf } from '@posthorn/contracts';

/** What a pointer leads to; undefined where it leads nowhere. Only what the value itself has counts. */
export function valueAt(value: unknown, pointer: string): unknown {
  let at = value;
  for (const step of stepsOf(pointer)) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, step)) return undefined;
    at = Reflect.get(at, step);
  }
  return at;
}

/** Puts a value where a pointer leads, making objects on the way, and lists where a step is a number. */
export function writeAt(root: Record<string, unknown>, pointer: string, value: unknown): void {
  const steps = stepsOf(pointer);
  const last = steps.pop();
  if (last === undefined) return;
  let at: object = root;
  steps.forEach((step, index) => {
    const next: unknown = Object.hasOwn(at, step) ? Reflect.get(at, step) : undefined;
    const holder: object = typeof next === 'object' && next !== null ? next : /^\d+$/.test(steps[index + 1] ?? last) ? [] : {};
    Reflect.set(at, step, holder);
    at = holder;
  });
  Reflect.set(at, last, value);
}
