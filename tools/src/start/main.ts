import { type Stack, startStack } from './stack.js';
import { portsFrom } from './port.plan.js';
import { ProgressDisplay } from './progress.display.js';
import { readyLine, renderBoard } from './ready.board.js';
import { StartError } from './start.error.js';
import { HELP, parseStartOptions, type StartOptions } from './start.options.js';
import { onStopRequest } from './stop.request.js';

async function run(options: StartOptions): Promise<number> {
  const began = performance.now();
  const display = new ProgressDisplay(process.stderr);
  const giveUp = new AbortController();
  let stack: Stack | undefined;
  const stopped = new Promise<void>((resolve) => {
    onStopRequest((reason) => {
      display.note(`\n  Stopping everything (${reason}) …`);
      giveUp.abort();
      resolve();
    });
  });
  display.begin();
  try {
    stack = await startStack({
      ...options,
      ports: portsFrom(options.portBase),
      signal: giveUp.signal,
      onStep: (step) => display.step(step),
      onDeath: (death) => {
        if (!giveUp.signal.aborted) display.death(death);
      },
    });
  } catch (error) {
    if (giveUp.signal.aborted) return 0;
    throw error;
  } finally {
    display.end();
  }
  const board = { color: process.stdout.isTTY && process.env['NO_COLOR'] === undefined, tookMs: performance.now() - began, cwd: process.cwd() };
  process.stdout.write(`${options.json ? readyLine(stack) : renderBoard(stack, board)}\n`);
  await stopped;
  await stack.stop();
  display.note('  Stopped.');
  return 0;
}

try {
  const options = parseStartOptions(process.argv.slice(2), process.env);
  if (options.help) process.stdout.write(HELP);
  process.exit(options.help ? 0 : await run(options));
} catch (error) {
  const text = error instanceof StartError ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`\n${text}\n`);
  process.exit(error instanceof StartError && error.code === 'OPTIONS' ? 2 : 1);
}
