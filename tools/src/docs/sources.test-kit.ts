import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { WORKSPACE } from '../workspace.js';

export const pageOf = (path: string): string => readFileSync(join(WORKSPACE, 'docs', path), 'utf8');

/** The sources that a glob pattern names, without tests and presets, which are data. */
export const sourcesOf = (pattern: string): string[] =>
  globSync(pattern, { cwd: WORKSPACE })
    .filter((file) => !/\.(spec|test-kit|preset)\.ts$/.test(file))
    .map((file) => readFileSync(join(WORKSPACE, file), 'utf8'));

/** The names of all properties in object schemas of zod, wherever they stand in a file. */
export function schemaKeysIn(source: string): string[] {
  const keys: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression) && /^(strict|loose)?object$/i.test(node.expression.name.text)) {
      for (const argument of node.arguments) {
        if (!ts.isObjectLiteralExpression(argument)) continue;
        keys.push(...argument.properties.flatMap(({ name }) => (name !== undefined && ts.isIdentifier(name) ? [name.text] : [])));
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile('schema.ts', source, ts.ScriptTarget.Latest, true));
  return keys;
}

export interface MetricDefinition {
  kind: string;
  name: string;
  labels: string[];
}

const METRIC = /\.(counter|gauge|histogram)\(\s*'([a-z_]+)',\s*(?:'(?:[^'\\]|\\.)*'),\s*\[([^\]]*)\]/g;

/** Every metric a source asks for, by its full name. */
export const metricsIn = (source: string): MetricDefinition[] =>
  [...source.matchAll(METRIC)].map(([, kind, name, labels]) => ({
    kind: kind!,
    name: `posthorn_${name!}`,
    labels: [...labels!.matchAll(/'(\w+)'/g)].map(([, label]) => label!),
  }));

const PROBLEM = /(?:\bcode: |unauthenticated\(\s*|[?:] \[)'([a-z]+(?:-[a-z]+)*)'/g;

/** The code of every problem that a source can answer with. */
export const problemCodesIn = (source: string): string[] => [...source.matchAll(PROBLEM)].map(([, code]) => code!);

/** The codes that a description lists by status, as in `404: ['event-unknown']`. */
export const describedCodesIn = (source: string): string[] =>
  [...source.matchAll(/\b[45]\d\d: \[([^\]]*)\]/g)].flatMap(([, codes]) => [...codes!.matchAll(/'([a-z-]+)'/g)].map(([, code]) => code!));
