import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { writeDrillConfiguration } from './drill.configuration.js';

it('is the example configuration with short waits at every connection, and a sandbox that writes no snapshots', () => {
  const folder = mkdtempSync(join(tmpdir(), 'posthorn-drill-spec-'));
  try {
    writeDrillConfiguration(join(folder, 'drill.yaml'));
    const written = parse(readFileSync(join(folder, 'drill.yaml'), 'utf8')) as Record<string, { connections?: unknown[]; dataDir?: string }>;
    const connections = Object.values(written).flatMap((section) => section.connections ?? []);
    expect(connections.length).toBe(3);
    for (const connection of connections) expect(connection).toMatchObject({ retry: { maxDelayMs: 10_000 }, guard: { maxOpenMs: 8_000 } });
    expect(written['sandbox']).not.toHaveProperty('dataDir');
  } finally {
    rmSync(folder, { recursive: true });
  }
});
