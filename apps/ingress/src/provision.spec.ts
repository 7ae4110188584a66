import { afterEach, expect, it, vi } from 'vitest';

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

it('tells what is wrong with its environment in words, without a stack', async () => {
  const said = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  const exit = vi.spyOn(process, 'exit').mockReturnValue(undefined as never);
  vi.stubEnv('ADMIN_DATABASE_URL', 'not an address');
  // Compiles all that provisioning needs: hence the patience.
  await import('./provision.js');
  expect(exit).toHaveBeenCalledWith(1);
  const text = said.mock.calls.join('');
  expect(text).toContain('ADMIN_DATABASE_URL');
  expect(text).not.toMatch(/^\s+at /m);
}, 30_000);
