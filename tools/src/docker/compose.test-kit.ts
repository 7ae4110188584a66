import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { environmentFile } from '../../docker-env.mjs';
import { WORKSPACE } from '../workspace.js';

export interface ComposeService {
  image: string;
  build?: { context: string; target: string };
  pull_policy?: string;
  user?: string;
  read_only?: boolean;
  cap_drop?: string[];
  security_opt?: string[];
  command?: string[];
  environment?: Record<string, string>;
  depends_on?: Record<string, { condition: string }>;
  healthcheck?: { test: string[] };
  ports?: string[];
  volumes?: string[];
}

export interface ComposeFile {
  services: Record<string, ComposeService>;
  volumes: Record<string, unknown>;
}

export const fileOf = (path: string): string => readFileSync(join(WORKSPACE, path), 'utf8');

export const composeText = (): string => fileOf('docker-compose.yml');

/** As Compose reads it, with anchors and `<<` resolved and variables as written. */
// The limit is for files of strangers; ours is full of aliases, and one more service would have been too many.
export const composeFile = (): ComposeFile => parse(composeText(), { merge: true, maxAliasCount: -1 }) as ComposeFile;

/** What a new .env holds. */
export function freshVariables(): Record<string, string> {
  const lines = environmentFile().split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return Object.fromEntries(
    lines.map((line) => {
      const at = line.indexOf('=');
      return [line.slice(0, at), line.slice(at + 1)];
    }),
  );
}

const VARIABLE = /(?<!\$)\$\{([A-Z0-9_]+)[^}]*\}/g;

/** The names of the variables a text refers to. */
export const variablesIn = (text: string): string[] => [...new Set([...text.matchAll(VARIABLE)].map(([, name]) => name!))];

/** A container's environment, as Compose would fill it in. */
export function environmentOf(service: ComposeService, variables: Record<string, string>): Record<string, string> {
  const entries = Object.entries(service.environment ?? {});
  return Object.fromEntries(entries.map(([name, value]) => [name, value.replace(VARIABLE, (_, variable: string) => variables[variable] ?? '')]));
}
