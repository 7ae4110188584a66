import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

describe('the checker', () => {
  it('imports nothing but Postgres’s driver and itself: what it shared with the services it could not check', () => {
    const folder = new URL('./', import.meta.url);
    const sources = readdirSync(folder).filter((name) => name.endsWith('.ts') && !name.endsWith('.spec.ts'));
    const imports = sources.flatMap((name) => [...readFileSync(new URL(name, folder), 'utf8').matchAll(/from '([^']+)'/g)].map((match) => match[1] ?? ''));
    expect(sources.length).toBeGreaterThan(5);
    expect(imports.filter((name) => !/^\.\/[a-z.]+\.js$/.test(name) && name !== 'pg')).toEqual([]);
  });
});
