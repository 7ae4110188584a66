// Writes the declarations of the package. Its types of events are those of the contract, written out: whoever installs
// this package has neither the contract nor what it is made with.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = fileURLToPath(new URL('..', import.meta.url));
const sources = join(root, 'src');
const target = join(root, 'dist');

const { config } = ts.readConfigFile(join(root, '../../tsconfig.base.json'), ts.sys.readFile);
const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, root);
const program = ts.createProgram([join(sources, 'index.ts')], { ...options, noEmit: false, declaration: true, emitDeclarationOnly: true, stripInternal: true });
const mistakes = ts.getPreEmitDiagnostics(program);
if (mistakes.length > 0) throw new Error(ts.formatDiagnostics(mistakes, { getCurrentDirectory: () => root, getCanonicalFileName: (name) => name, getNewLine: () => '\n' }));

program.emit(undefined, (file, text) => {
  const path = join(target, relative(sources, file));
  if (relative(target, path).startsWith('..')) return;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, path.endsWith('event.types.d.ts') ? writtenOut(text) : text);
}, undefined, true);

function writtenOut(text) {
  const checker = program.getTypeChecker();
  const file = program.getSourceFile(join(sources, 'event.types.ts'));
  const events = checker.getExportsOfModule(checker.getSymbolAtLocation(file)).find(({ name }) => name === 'SiteEvents');
  const flags = ts.TypeFormatFlags.NoTruncation | ts.TypeFormatFlags.InTypeAlias | ts.TypeFormatFlags.MultilineObjectLiterals | ts.TypeFormatFlags.UseSingleQuotesForStringLiteralType;
  const members = checker.getPropertiesOfType(checker.getDeclaredTypeOfSymbol(events)).map((event) => `    '${event.name}': ${checker.typeToString(checker.getTypeOfSymbolAtLocation(event, file), file, flags).replaceAll(/\s+/g, ' ')};`);
  const own = text.replace(/^import .*\n/m, '').replace(/export type SiteEvents = [^]*?\n};/, `export interface SiteEvents {\n${members.join('\n')}\n}`);
  if (/@posthorn\/contracts|import\(/.test(own)) throw new Error('The types of events still refer to the contract.');
  return own;
}
