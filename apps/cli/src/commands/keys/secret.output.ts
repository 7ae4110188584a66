import { type World } from '../../cli.context.js';
import { writeJson } from '../../command.js';

/** The secret alone goes to standard output, where it can be led into a file; the words about it do not. */
export function handOver(made: { secret: string }, words: string, { json, world }: { json: boolean | undefined; world: World }): void {
  if (json === true) {
    writeJson(world, made);
    return;
  }
  world.error.write(`${words}\n`);
  world.out.write(`${made.secret}\n`);
}
