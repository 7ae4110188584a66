import { readFileSync, writeFileSync } from 'node:fs';
import { parse, stringify } from 'yaml';
import { EXAMPLE_CONFIG } from '../workspace.js';

/**
 * Waits for the drill: long enough to be real, short enough that what is measured after the storm is the work that
 * was left and not a pause of an hour.
 */
const RETRY = { firstDelayMs: 1_000, maxDelayMs: 10_000 };
const GUARD = { openMs: 1_000, maxOpenMs: 8_000, deadlineMs: 5_000 };

interface Configuration {
  [section: string]: { connections?: Record<string, unknown>[]; dataDir?: unknown; limits?: unknown };
}

/** The example configuration with the drill's waits and limits. The sandbox keeps all in memory: it is never killed. */
export function writeDrillConfiguration(file: string): void {
  const configuration = parse(readFileSync(EXAMPLE_CONFIG, 'utf8')) as Configuration;
  for (const section of Object.values(configuration)) {
    for (const connection of section.connections ?? []) Object.assign(connection, { retry: RETRY, guard: GUARD });
  }
  // What is drilled is the system, not the limits: every event comes by one key.
  Object.assign(configuration['ingress'] ?? {}, { limits: { perKey: { perSecond: 10_000, burst: 100_000 } } });
  delete configuration['sandbox']?.dataDir;
  writeFileSync(file, stringify(configuration));
}
