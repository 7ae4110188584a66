import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, relative } from 'node:path';
import { StartError } from '../start/start.error.js';
import { onStopRequest } from '../start/stop.request.js';
import { DrillOptionsError, type DrillOptions, HELP, parseDrillOptions } from './drill.options.js';
import { passed, reportJson } from './drill.report.js';
import { runDrill } from './drill.js';
import { DrillDisplay } from './report/drill.display.js';
import { renderPage } from './report/report.page.js';
import { renderTable } from './report/report.table.js';

async function run(options: DrillOptions): Promise<number> {
  const display = new DrillDisplay(process.stderr);
  const giveUp = new AbortController();
  onStopRequest((reason) => {
    display.phase(`stopping everything (${reason})`);
    giveUp.abort();
  });
  try {
    const report = await runDrill({
      ...options,
      signal: giveUp.signal,
      onPhase: (line) => display.phase(line),
      onProgress: (progress) => display.progress(progress),
    });
    display.end();
    mkdirSync(dirname(options.report), { recursive: true });
    writeFileSync(options.report, renderPage(report));
    const color = process.stdout.isTTY && process.env['NO_COLOR'] === undefined;
    const table = `\n${renderTable(report, options.json ? false : color)}\n\n  Timeline: ${relative(process.cwd(), options.report)}\n\n`;
    if (options.json) process.stderr.write(table);
    process.stdout.write(options.json ? `${reportJson(report)}\n` : table);
    return passed(report) ? 0 : 1;
  } catch (error) {
    display.end();
    if (giveUp.signal.aborted) return 130;
    throw error;
  }
}

try {
  const options = parseDrillOptions(process.argv.slice(2));
  if (options.help) process.stdout.write(HELP);
  process.exit(options.help ? 0 : await run(options));
} catch (error) {
  const told = error instanceof DrillOptionsError || error instanceof StartError;
  process.stderr.write(`\n${told ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exit(error instanceof DrillOptionsError ? 2 : 1);
}
